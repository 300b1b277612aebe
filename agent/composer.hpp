// From settings to files: site ⊕ vendor ⊕ class ⊕ device, the more specific wins (design, section
// 1), rendered as XML. Pure: no I/O, no random numbers.
#pragma once

#include <string>
#include <vector>

#include "agent/inventory.hpp"
#include "core/base/secret.hpp"
#include "core/classes/class_table.hpp"
#include "core/formats/gs_xml.hpp"

namespace plugtone {

// A file to publish, before it is sealed.
struct Document {
    std::string path; // below the generation: shelf and basic name
    GsDocument content;
    std::string xml;                // the content, rendered
    std::optional<Secret> password; // sealed under it; without one it is published as it is
    KeyDigest digest = KeyDigest::md5;
    bool salted = true;
    AccessRule access = AccessRule::open;
    std::optional<Mac> owner;
};

ParameterSet compose(const SiteParameters& site, const DeviceClass& device_class,
                     const ParameterSet& device);

// The device's files; none when its class has no XML. Refuses what cannot be rendered, naming the
// device.
Result<std::vector<Document>> device_documents(const Device& device,
                                               const DeviceClass& device_class,
                                               const ParameterSet& composed);

// cfg.xml with the site's public parameters, on the shelf of every class.
Result<std::vector<Document>> generic_documents(const SiteParameters& site,
                                                const ClassTable& classes);

// P1359 is the key to the device's file: it is the agent's to make, and nobody's to set.
Done check_settable(const ParameterName& name);

} // namespace plugtone
