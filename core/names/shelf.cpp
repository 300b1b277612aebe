#include "core/names/shelf.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

std::optional<Shelf> Shelf::of_folder(std::string_view folder) {
    const std::size_t slash = folder.rfind('/');
    const std::size_t last_part = slash == std::string_view::npos ? 0 : slash + 1;
    const std::size_t at = folder.find('@', last_part);
    if (at == std::string_view::npos || folder.find('@', at + 1) != std::string_view::npos)
        return std::nullopt;
    return Shelf{std::string(folder.substr(0, at)), std::string(folder.substr(at + 1))};
}

Result<Shelf> Shelf::make(std::string_view prefix, std::string_view postfix) {
    for (const std::string_view part : {prefix, postfix}) {
        if (part.size() > prefix_size_max)
            return fail("prefix or postfix: want at most " + std::to_string(prefix_size_max) +
                        " bytes, got '" + printable(part) + "'");
        const bool bad = std::any_of(part.begin(), part.end(), [](char character) {
            return static_cast<unsigned char>(character) <= 0x20 || character == 0x7F ||
                   character == '@' || character == '\\';
        });
        if (bad)
            return fail("prefix or postfix: blanks, '@' and backslashes are refused, got '" +
                        printable(part) + "'");
    }
    if (postfix.find('/') != std::string_view::npos)
        return fail("postfix: '/' is refused, got '" + printable(postfix) + "'");
    if (prefix.starts_with('/') || prefix.find("//") != std::string_view::npos)
        return fail("prefix: empty folder name in '" + printable(prefix) + "'");
    if (prefix.starts_with('.') || prefix.find("/.") != std::string_view::npos)
        return fail("prefix: a folder that begins with a dot is never served, got '" +
                    printable(prefix) + "'");
    return Shelf{std::string(prefix), std::string(postfix)};
}

std::string Shelf::folder() const {
    return prefix + '@' + postfix;
}

std::string Shelf::served_name(std::string_view basic_name) const {
    return prefix + std::string(basic_name) + postfix;
}

std::optional<std::string> Shelf::basic_name(std::string_view served_name) const {
    if (served_name.size() <= prefix.size() + postfix.size() || !served_name.starts_with(prefix) ||
        !served_name.ends_with(postfix))
        return std::nullopt;
    served_name.remove_prefix(prefix.size());
    served_name.remove_suffix(postfix.size());
    if (served_name.find('/') != std::string_view::npos)
        return std::nullopt;
    return std::string(served_name);
}

} // namespace plugtone
