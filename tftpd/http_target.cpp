#include "tftpd/http_target.hpp"

#include <algorithm>

#include "core/base/bytes.hpp"
#include "core/base/text.hpp"
#include "core/names/request_name.hpp"

namespace plugtone::tftpd {

namespace {

constexpr std::string_view absolute_start = "http://";

// RFC 3986 section 2.3, and '/', which stays a separator.
bool stands_for_itself(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') ||
           std::string_view("-._~/").find(character) != std::string_view::npos;
}

Result<std::string> decode_percent(std::string_view text) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char character = text[at];
        if (static_cast<unsigned char>(character) <= 0x20 || character == '#')
            return fail("target: a character that must be percent-encoded in '" + printable(text) +
                        "'");
        if (character != '%') {
            decoded += character;
            continue;
        }
        const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
        const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
        if (high < 0 || low < 0)
            return fail("target: want two hex digits after '%' in '" + printable(text) + "'");
        decoded += static_cast<char>(high << 4 | low);
        at += 2;
    }
    return decoded;
}

} // namespace

Result<std::string> decode_http_target(std::string_view target) {
    if (target.size() > http_target_size_max)
        return fail("target: want at most " + std::to_string(http_target_size_max) +
                    " bytes, got " + std::to_string(target.size()));
    if (lower(target.substr(0, absolute_start.size())) == absolute_start) {
        target.remove_prefix(absolute_start.size());
        target.remove_prefix(std::min(target.find('/'), target.size()));
    }
    if (!target.starts_with('/'))
        return fail("target: want /name, got '" + printable(target) + "'");
    const auto decoded = decode_percent(target.substr(0, target.find('?')));
    if (!decoded)
        return tl::unexpected(decoded.error());
    return normalise_request_name(*decoded);
}

std::string encode_http_target(std::string_view name) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string target = "/";
    for (const char character : name) {
        if (stands_for_itself(character)) {
            target += character;
            continue;
        }
        const auto code = static_cast<unsigned char>(character);
        target += '%';
        target += digits[code >> 4U];
        target += digits[code & 0xFU];
    }
    return target;
}

} // namespace plugtone::tftpd
