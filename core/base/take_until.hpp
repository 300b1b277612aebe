// Cuts lines and fields off the front of a text.
#pragma once

#include <string_view>

namespace plugtone {

// What stands before the separator, which goes too; without one, all that is left.
inline std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return taken;
}

} // namespace plugtone
