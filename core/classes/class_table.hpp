// All device classes of a system, and which of them a device is of. Immutable once made: share it
// freely.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "core/classes/device_class.hpp"
#include "core/classes/rule_index.hpp"

namespace plugtone {

// How narrow a match is. Compared in this order, the larger wins:
//   1. a MAC range, the smaller the range the better;
//   2. a client class of Kea's, which an operator has made on purpose;
//   3. option 60: exact before pattern, then the more characters that must stand there;
//   4. user class, then host name, then User-Agent, by the characters that must stand there;
//   5. an OUI.
// Two classes that are still equal are told apart by name: the first in alphabetical order wins.
using Specificity =
    std::tuple<std::uint64_t, bool, bool, std::size_t, std::size_t, std::size_t, std::size_t, bool>;
Specificity specificity(const MatchRule& rule);

class ClassTable {
public:
    ClassTable() = default;
    explicit ClassTable(std::vector<DeviceClass> classes);
    // The index points to the classes.
    ClassTable(ClassTable&&) = default;
    ClassTable& operator=(ClassTable&&) = default;
    ClassTable(const ClassTable&) = delete;
    ClassTable& operator=(const ClassTable&) = delete;
    ~ClassTable() = default;

    // Nothing when no class takes the device. The pointers live as long as the table.
    const DeviceClass* match(const Identity& identity) const;
    const DeviceClass* find(std::string_view name) const;
    const std::vector<DeviceClass>& classes() const { return classes_; }
    // Kea's client classes that some class wants.
    const std::vector<std::string>& kea_classes() const { return kea_classes_; }

    struct Verdict {
        const DeviceClass* device_class = nullptr;
        bool is_chosen = false;
        std::string reason; // which <match> took it, or why none did, or which was narrower
    };
    // Of every class, the chosen one first, then by name.
    std::vector<Verdict> explain(const Identity& identity) const;

private:
    struct Ranked {
        const MatchRule* rule;
        const DeviceClass* device_class;
    };

    std::vector<DeviceClass> classes_; // by name
    std::vector<Ranked> ranked_;       // the narrowest first
    RuleIndex index_;                  // over ranked_
    std::vector<std::string> kea_classes_;
};

struct LoadedClasses {
    ClassTable table;                  // of all the files that are good
    std::vector<std::string> problems; // FILE:LINE: reason, a line each
};

// Reads *.xml of the folders in this order. A file of the same name in a later folder replaces an
// earlier one; an empty one masks it. A file that is bad, or that names a class which another file
// has, is left out whole and is a problem; a folder that does not exist is none. Never fails:
// whoever wants all or nothing asks for problems.
LoadedClasses load_classes(const std::vector<std::string>& folders);

} // namespace plugtone
