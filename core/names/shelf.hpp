// A shelf is a folder whose name holds one '@', which stands for the basic name: the file boot.bin
// in the folder gs_@_1.0.7.5 is served as gs_boot.bin_1.0.7.5 (the guide's "prefix and postfix";
// design, section 2). The part of the path before that folder is kept: HT502/1.0.7.6/@/x.bin is
// served as HT502/1.0.7.6/x.bin.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace plugtone {

struct Shelf {
    std::string prefix;  // all that stands before the basic name, '/' included
    std::string postfix; // all that stands after it

    // folder: a path below config/ or firmware/, '/' between its parts. Nothing if its last part is
    // no shelf.
    static std::optional<Shelf> of_folder(std::string_view folder);
    // The shelf for a prefix (P232, P234; it may hold '/') and a postfix (P233, P235); refuses what
    // could leave the tree, would never be served (a dot in front) or could not be told from
    // another shelf ('@', '/' in the postfix, control characters).
    static Result<Shelf> make(std::string_view prefix, std::string_view postfix);

    std::string folder() const;
    std::string served_name(std::string_view basic_name) const;
    // The way back: the basic name in a served name of this shelf.
    std::optional<std::string> basic_name(std::string_view served_name) const;

    bool operator==(const Shelf&) const = default;
};

// The devices' limit on P232-P235, bytes (facts: P-values).
inline constexpr std::size_t prefix_size_max = 32;

} // namespace plugtone
