// What an operator can do, each one change of the pipeline's. Settings come as they were typed: by
// number, name or alias. One thread; throws soci::soci_error when the database fails.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/pipeline.hpp"

namespace plugtone {

using TypedSettings = std::map<std::string, std::string>; // number, name or alias → value
using Notes = std::vector<std::string>; // what was done, and is worth a second look

struct NewDevice {
    Mac mac;
    std::string class_name; // empty: recognised
    std::string label;
    TypedSettings settings;
};

struct DeviceChange {
    std::optional<std::string> class_name; // empty text: recognised from now on
    std::optional<std::string> label;
    TypedSettings settings;
    std::optional<std::string> url = {}; // a template; empty text: its class's from now on
};

// Who else has a part in an addition.
struct AddedBy {
    std::string how = {};             // behind "device add MAC"
    std::function<void()> along = {}; // in the same transaction
};

class Operations {
public:
    // The pipeline must outlive it.
    explicit Operations(Pipeline& pipeline) : pipeline_(pipeline) {}

    Result<Notes> add_device(const NewDevice& wanted, const AddedBy& by = {});
    Result<Notes> change_device(const Mac& mac, const DeviceChange& change);
    Done unset_parameters(const Mac& mac, const std::vector<std::string>& names);
    Done remove_device(const Mac& mac);
    // A binary file that the vendor's own generator made, in place of the one that would be
    // composed.
    Done import_vendor_file(const Mac& mac, ByteView bytes);
    Done forget_vendor_file(const Mac& mac);

    // owner: of_site, or a class's name.
    Result<Notes> set_shared(const std::string& owner, const TypedSettings& settings,
                             bool is_public);
    Done unset_shared(const std::string& owner, const std::vector<std::string>& names);

    // Phones of the range (FIRST-LAST, or one MAC) are sent to that URL, a template, whatever their
    // class says.
    Done add_redirect(const std::string& range, const std::string& url);
    Done remove_redirect(const std::string& range);

    Pipeline& pipeline() { return pipeline_; }
    Inventory& inventory() { return pipeline_.inventory(); }

private:
    Result<Device> known(const Mac& mac);
    Scope devices_in(const MacRange& range);
    Done check_owner(const std::string& owner) const;

    Pipeline& pipeline_;
};

// For the importer, too.

struct CheckedSettings {
    std::vector<Assignment> assignments;
    Notes notes;
};
// Resolves and checks each setting for the family (empty: for every one of them). Refuses what
// nobody may set, what is out of its type, and what stands twice under two names.
Result<CheckedSettings> check_settings(const TypedSettings& settings, const Dictionary& dictionary,
                                       std::string_view family);
Result<Assignment> check_setting(const std::string& name, const std::string& value,
                                 const Dictionary& dictionary, std::string_view family);
// What is worth telling of a parameter that was taken; empty: nothing.
std::string note_on(const ParameterName& number, const Dictionary& dictionary,
                    std::string_view family);
Done check_label(const std::string& label);
// empty: as it is recognised.
Done check_class(const Pipeline& pipeline, const std::string& name);

} // namespace plugtone
