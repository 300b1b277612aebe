#include "core/classes/class_table.hpp"

#include <algorithm>
#include <map>
#include <set>

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
            !rule.kea_class.empty(),
            rule.vendor_class && rule.vendor_class->how == TextMatch::exact,
            literals(rule.vendor_class),
            literals(rule.user_class),
            literals(rule.host_name),
            literals(rule.user_agent),
            !rule.ouis.empty()};
}

ClassTable::ClassTable(std::vector<DeviceClass> classes) : classes_(std::move(classes)) {
    std::sort(classes_.begin(), classes_.end(),
              [](const DeviceClass& a, const DeviceClass& b) { return a.name < b.name; });
    std::set<std::string> kea_classes;
    for (const DeviceClass& device_class : classes_)
        for (const MatchRule& rule : device_class.matches) {
            ranked_.push_back({&rule, &device_class});
            if (!rule.kea_class.empty())
                kea_classes.insert(rule.kea_class);
        }
    kea_classes_.assign(kea_classes.begin(), kea_classes.end());
    // Stable: equals stay in the order of their names.
    std::stable_sort(ranked_.begin(), ranked_.end(), [](const Ranked& a, const Ranked& b) {
        return specificity(*a.rule) > specificity(*b.rule);
    });
    std::vector<const MatchRule*> rules;
    rules.reserve(ranked_.size());
    for (const Ranked& one : ranked_)
        rules.push_back(one.rule);
    index_ = RuleIndex(std::move(rules));
}

const DeviceClass* ClassTable::match(const Identity& identity) const {
    const std::size_t found = index_.first_match(identity);
    return found == RuleIndex::none ? nullptr : ranked_[found].device_class;
}

std::vector<ClassTable::Verdict> ClassTable::explain(const Identity& identity) const {
    const std::size_t found = index_.first_match(identity);
    const DeviceClass* chosen = found == RuleIndex::none ? nullptr : ranked_[found].device_class;
    std::vector<Verdict> verdicts;
    if (chosen != nullptr)
        verdicts.push_back({chosen, true, ranked_[found].rule->text()});
    for (const DeviceClass& device_class : classes_) {
        if (&device_class == chosen)
            continue;
        std::string reason;
        for (const MatchRule& rule : device_class.matches) {
            const std::string mismatch = rule.mismatch(identity);
            if (mismatch.empty()) {
                const bool is_equal = specificity(rule) == specificity(*ranked_[found].rule);
                reason =
                    rule.text() + " holds, and class " + chosen->name +
                    (is_equal ? " is as narrow and stands first in the alphabet" : " is narrower");
                break;
            }
            reason += (reason.empty() ? "" : "; ") + mismatch;
        }
        verdicts.push_back({&device_class, false, reason});
    }
    return verdicts;
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
