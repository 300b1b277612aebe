#include "core/names/request_name.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

Result<std::string> normalise_request_name(std::string_view name) {
    if (name.size() > request_name_size_max)
        return fail("name: want at most " + std::to_string(request_name_size_max) + " bytes, got " +
                    std::to_string(name.size()));
    for (const char character : name)
        if (static_cast<unsigned char>(character) < 0x20 || character == 0x7F || character == '\\')
            return fail("name: control character or backslash in '" + printable(name) + "'");
    std::string result;
    while (!name.empty()) {
        const std::size_t slash = std::min(name.find('/'), name.size());
        const std::string_view part = name.substr(0, slash);
        name.remove_prefix(std::min(slash + 1, name.size()));
        if (part.empty() || part == ".")
            continue;
        if (part == "..")
            return fail("name: '..' is refused");
        if (!result.empty())
            result += '/';
        result += part;
    }
    if (result.empty())
        return fail("name: want a file's name, got none");
    return result;
}

} // namespace plugtone
