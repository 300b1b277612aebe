#include "core/classes/class_table.hpp"

#include <algorithm>
#include <map>

#include "core/base/layered_files.hpp"
#include "core/classes/class_file.hpp"

namespace plugtone {

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
    LayeredFiles read = read_layered_files(folders, class_file_size_max);
    loaded.problems = std::move(read.problems);
    for (const auto& [path, content] : read.files) {
        auto classes = parse_class_file(path, content);
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
