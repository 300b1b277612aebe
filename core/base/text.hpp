// Small questions about text that several parsers ask.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plugtone {

std::string_view trim(std::string_view text);
// Non-empty pieces between blanks (space, tab, CR, LF).
std::vector<std::string_view> words(std::string_view text);
std::string lower(std::string_view text);

// A whole decimal number and nothing else; nothing when it does not fit T.
template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || stop != end)
        return std::nullopt;
    return value;
}

// Foreign text for a log line, an event or a message: control characters, backslash and whatever is
// no valid UTF-8 or could not stand in XML become \xNN, so that one line stays one line and nobody
// writes to a terminal.
std::string printable(std::string_view text);
// Whether the text holds nothing that printable would escape, but for backslashes: whatever
// printable gives is printable.
bool is_printable(std::string_view text);

// One character that XML 1.0 can carry (section 2.2 Char).
bool xml_allows(std::uint32_t code_point);
// Where the text stops being UTF-8 of characters that XML 1.0 allows (section 2.2 Char), if it
// does.
std::optional<std::size_t> first_illegal_xml_byte(std::string_view text);

// Shell-like pattern with * (any run) and ? (any character); case-sensitive, the whole text.
bool glob_matches(std::string_view pattern, std::string_view text);

} // namespace plugtone
