// What a change would do to each device, before it is done ('plugtonectl publish --dry-run'): a
// view of what it is given now, one of what it would be given, and what differs. Pure; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/document.hpp"
#include "core/base/mac.hpp"
#include "core/classes/dictionary.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

// What a device, or everybody, is given.
struct DeviceView {
    struct File {
        std::string guard; // how it is sealed, and what a reader must prove: for people
        std::string sha256;
        bool operator==(const File&) const = default;
    };

    std::string class_name; // empty: none, and so no files of its own
    std::string url;        // a template: where DHCP sends it
    ParameterSet settings;
    std::map<std::string, File> files; // by path, below the generation

    void add(const Document& document);
};

struct Picture {
    std::map<Mac, DeviceView> devices;
    DeviceView everybody; // files that belong to nobody
};

struct Difference {
    enum class What { device_class, url, setting, file };

    std::optional<Mac> mac; // nothing: everybody's
    What what = What::setting;
    std::string name; // P-number, or path; empty: there is but one
    std::optional<std::string> before;
    std::optional<std::string> after;
    std::string title = {}; // of the setting
    bool secret = false;

    bool operator==(const Difference&) const = default;
};
// "class", "url", "setting", "file"
std::string_view what_name(Difference::What what);

// By device; what is everybody's comes first. A file counts when it comes, goes, is guarded
// otherwise, or has other bytes that no setting of the same device accounts for.
std::vector<Difference> differences(const Picture& before, const Picture& after);
// Titles and secrets, as the dictionary has them; what another one called a secret stays one.
void annotate(std::vector<Difference>& differences, const Dictionary& dictionary);

} // namespace plugtone
