// All device classes of a system, and which of them a device is of. Immutable once made: share it
// freely.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "core/classes/device_class.hpp"

namespace plugtone {

// How narrow a match is. Compared in this order, the larger wins:
//   1. a MAC range, the smaller the range the better;
//   2. option 60: exact before pattern, then the more characters that must stand there;
//   3. user class, then User-Agent, by the characters that must stand there;
//   4. an OUI.
// Two classes that are still equal are told apart by name: the first in alphabetical order wins.
using Specificity = std::tuple<std::uint64_t, bool, std::size_t, std::size_t, std::size_t, bool>;
Specificity specificity(const MatchRule& rule);

class ClassTable {
public:
    ClassTable() = default;
    explicit ClassTable(std::vector<DeviceClass> classes);

    // Nothing when no class takes the device. The pointers live as long as the table.
    const DeviceClass* match(const Identity& identity) const;
    const DeviceClass* find(std::string_view name) const;
    const std::vector<DeviceClass>& classes() const { return classes_; }

private:
    std::vector<DeviceClass> classes_; // by name
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
