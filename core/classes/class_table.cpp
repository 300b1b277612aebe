#include "core/classes/class_table.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/classes/class_file.hpp"

namespace plugtone {

namespace {

// File name → path of the last folder that has it.
std::map<std::string, std::string> class_files(const std::vector<std::string>& folders,
                                               std::vector<std::string>& problems) {
    namespace fs = std::filesystem;
    std::map<std::string, std::string> paths;
    for (const std::string& folder : folders) {
        std::error_code error;
        for (fs::directory_iterator at(folder, error), end; !error && at != end;
             at.increment(error)) {
            const std::string name = at->path().filename().string();
            if (name.ends_with(".xml") && !name.starts_with('.'))
                paths[name] = at->path().string();
        }
        if (error && error != std::errc::no_such_file_or_directory)
            problems.push_back(folder + ": " + error.message());
    }
    return paths;
}

} // namespace

Specificity specificity(const MatchRule& rule) {
    const auto literals = [](const std::optional<TextPattern>& pattern) {
        return pattern ? pattern->literal_size() + 1 : 0;
    };
    const std::uint64_t narrowness =
        rule.mac_range ? (std::uint64_t{1} << 49U) - rule.mac_range->size() : 0;
    return {narrowness,
            rule.vendor_class && rule.vendor_class->how == TextMatch::exact,
            literals(rule.vendor_class),
            literals(rule.user_class),
            literals(rule.user_agent),
            !rule.ouis.empty()};
}

ClassTable::ClassTable(std::vector<DeviceClass> classes) : classes_(std::move(classes)) {
    std::sort(classes_.begin(), classes_.end(),
              [](const DeviceClass& a, const DeviceClass& b) { return a.name < b.name; });
}

const DeviceClass* ClassTable::match(const Identity& identity) const {
    const DeviceClass* best = nullptr;
    Specificity best_specificity;
    for (const DeviceClass& candidate : classes_)
        for (const MatchRule& rule : candidate.matches) {
            if (!rule.matches(identity))
                continue;
            const Specificity here = specificity(rule);
            if (best == nullptr || here > best_specificity) {
                best = &candidate;
                best_specificity = here;
            }
        }
    return best;
}

const DeviceClass* ClassTable::find(std::string_view name) const {
    const auto found = std::find_if(classes_.begin(), classes_.end(),
                                    [&](const DeviceClass& c) { return c.name == name; });
    return found == classes_.end() ? nullptr : &*found;
}

LoadedClasses load_classes(const std::vector<std::string>& folders) {
    LoadedClasses loaded;
    std::map<std::string, DeviceClass> by_name;
    for (const auto& [name, path] : class_files(folders, loaded.problems)) {
        const auto bytes = read_file(path, class_file_size_max);
        if (!bytes) {
            loaded.problems.push_back(bytes.error().message);
            continue;
        }
        if (trim(as_text(*bytes)).empty())
            continue; // masks the file of that name
        auto classes = parse_class_file(path, *bytes);
        if (!classes) {
            loaded.problems.push_back(classes.error().message);
            continue;
        }
        const auto twice =
            std::find_if(classes->begin(), classes->end(),
                         [&](const DeviceClass& c) { return by_name.contains(c.name); });
        if (twice != classes->end()) {
            loaded.problems.push_back(twice->origin + ": class '" + twice->name +
                                      "' stands already at " + by_name.at(twice->name).origin +
                                      "; the whole file is left out");
            continue;
        }
        for (DeviceClass& made : *classes)
            by_name.emplace(made.name, std::move(made));
    }
    std::vector<DeviceClass> classes;
    classes.reserve(by_name.size());
    for (auto& [name, made] : by_name)
        classes.push_back(std::move(made));
    loaded.table = ClassTable(std::move(classes));
    return loaded;
}

} // namespace plugtone
