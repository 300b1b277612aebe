// From settings to files: schedule ⊕ site ⊕ vendor ⊕ class ⊕ device ⊕ redirection, the more
// specific wins (design, section 1), in the forms that the class asks for. Pure: no I/O, no random
// numbers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/document.hpp"
#include "agent/inventory.hpp"
#include "agent/own_files.hpp"
#include "core/classes/class_table.hpp"
#include "core/classes/dictionary.hpp"
#include "core/names/shelf.hpp"

namespace plugtone {

// Where a value comes from, the least specific first.
enum class Layer {
    schedule,
    site,
    vendor,
    class_file,
    class_settings,
    device,
    firmware_pin,
    redirect
};
// For people: "schedule", "site", "vendor", "class file", "class", "device", "firmware pin",
// "redirect".
std::string_view layer_name(Layer layer);

struct LayerValue {
    Layer layer = Layer::site;
    std::string value;

    bool operator==(const LayerValue&) const = default;
};
struct ComposedValue {
    std::string value;
    Layer layer = Layer::site;
    std::vector<LayerValue> overridden = {}; // what would hold without it: the least specific first
};
using Composition = std::map<ParameterName, ComposedValue>;

// What a device's place in the branch gives it, beyond settings.
struct Placement {
    ParameterSet schedule; // when it asks: anything explicit overrides that
    ParameterSet redirect; // where it goes: that overrides all else

    bool operator==(const Placement&) const = default;
};

Composition compose(const SharedParameters& site, const DeviceClass& device_class,
                    const SharedParameters& class_settings, const ParameterSet& device,
                    const ParameterSet& firmware_pin = {}, const Placement& placement = {});
ParameterSet values_of(const Composition& composition);

// Where the device asks, as P234 and P235 of its own configuration tell it.
Result<Shelf> shelf_of(const ParameterSet& composed);

// What a device's files are made of, besides its settings.
struct DeviceFacts {
    Device device;
    const DeviceClass* device_class = nullptr;
    ParameterSet composed;
    std::optional<Bytes> vendor_file;
    std::vector<std::string> told_shelves; // folders; it may still ask there
    bool window_open = false;              // it may have its XML password now (bootstrap.hpp)
    std::optional<Rotation> rotation;
    std::string redirect_url = {}; // a template; empty: it is not redirected
};

// For the Kea hook, not for phones: under a name that the file server never serves.
Result<Document> overrides_document(const OfferOverrides& overrides);

// Which files the device has now.
Result<std::vector<OwnFilePlan>> own_files_of(const DeviceFacts& facts);
// The device's files, on the shelf that it is told to ask on; on the one without prefix and
// postfix, where a new or a reset device asks; and on those that it was told before. Refuses what
// cannot be rendered, naming the device.
Result<std::vector<Document>> device_documents(const DeviceFacts& facts,
                                               const Dictionary& dictionary);

// cfg.xml with the site's public parameters, on the shelf of every class and on the one without
// prefix and postfix; and what else the classes name for everybody, where {model} has the class's
// public parameters, too.
Result<std::vector<Document>>
generic_documents(const std::map<std::string, SharedParameters>& shared, const ClassTable& classes,
                  const Dictionary& dictionary);

// P1359 is the key to the device's file: it is the agent's to make, and nobody's to set.
Done check_settable(const ParameterName& name);

} // namespace plugtone
