#include "core/base/text.hpp"

#include <algorithm>
#include <array>

#include "core/base/bytes.hpp"

namespace plugtone {

namespace {

constexpr std::string_view blanks = " \t\r\n";

struct Character {
    std::uint32_t code_point;
    std::size_t size; // 0: not UTF-8
};

// One UTF-8 sequence (RFC 3629): no overlong forms, no surrogates, nothing past U+10FFFF.
Character decode_utf8(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80)
        return {lead, 1};
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size)
        return {0, 0};
    std::uint32_t code_point = lead & (0x7FU >> size);
    for (std::size_t at = 1; at < size; ++at) {
        if ((byte(at) & 0xC0U) != 0x80U)
            return {0, 0};
        code_point = (code_point << 6U) | (byte(at) & 0x3FU);
    }
    static constexpr std::array<std::uint32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
    if (code_point < smallest[size] || code_point > 0x10FFFF ||
        (code_point >= 0xD800 && code_point <= 0xDFFF))
        return {0, 0};
    return {code_point, size};
}

// Marks, overrides and isolates that turn the order of text around (Unicode, UAX #9, section 2),
// and the separators of lines and paragraphs.
bool rearranges(std::uint32_t code_point) {
    return code_point == 0x200E || code_point == 0x200F ||
           (code_point >= 0x2028 && code_point <= 0x202E) ||
           (code_point >= 0x2066 && code_point <= 0x2069);
}

// Neither a control character (C0, DEL, C1) nor one that XML could not carry.
bool shows(const Character& character) {
    return character.size > 0 && character.code_point >= 0x20 &&
           (character.code_point < 0x7F || character.code_point >= 0xA0) &&
           xml_allows(character.code_point) && !rearranges(character.code_point);
}

} // namespace

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> found;
    for (std::size_t at = text.find_first_not_of(blanks); at != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
        found.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(blanks, end);
    }
    return found;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& character : result)
        if (character >= 'A' && character <= 'Z')
            character = static_cast<char>(character - 'A' + 'a');
    return result;
}

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const Character character = decode_utf8(text.substr(at));
        if (shows(character) && character.code_point != '\\') {
            result += text.substr(at, character.size);
            at += character.size;
            continue;
        }
        const std::size_t size = std::max<std::size_t>(character.size, 1);
        for (const char byte : text.substr(at, size))
            result += "\\x" + to_hex(as_bytes(std::string_view(&byte, 1)));
        at += size;
    }
    return result;
}

bool is_printable(std::string_view text) {
    // Nearly all text is ASCII, and is looked at for each packet.
    const auto is_plain = [](char byte) { return byte >= 0x20 && byte < 0x7F; };
    const auto* other = std::find_if_not(text.begin(), text.end(), is_plain);
    for (auto at = static_cast<std::size_t>(other - text.begin()); at < text.size();) {
        const Character character = decode_utf8(text.substr(at));
        if (!shows(character))
            return false;
        at += character.size;
    }
    return true;
}

bool xml_allows(std::uint32_t code_point) {
    if (code_point < 0x20)
        return code_point == '\t' || code_point == '\n' || code_point == '\r';
    return code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF) &&
           code_point != 0xFFFE && code_point != 0xFFFF;
}

std::optional<std::size_t> first_illegal_xml_byte(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const Character character = decode_utf8(text.substr(at));
        if (character.size == 0 || !xml_allows(character.code_point))
            return at;
        at += character.size;
    }
    return std::nullopt;
}

bool glob_matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos; // the last * seen, and where the text stood then
    std::size_t star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

} // namespace plugtone
