#include "core/classes/value_type.hpp"

#include <algorithm>

#include "core/base/bytes.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::string_view word_no = "No";
constexpr std::string_view word_yes = "Yes";

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

bool is_port(std::string_view text) {
    const auto port = parse_number<std::uint16_t>(text);
    return port && *port > 0;
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

bool is_ipv6(std::string_view text) {
    return std::count(text.begin(), text.end(), ':') >= 2 &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return hex_digit(c) >= 0 || c == ':' || c == '.'; });
}

// NAME, NAME:PORT, [IPV6], [IPV6]:PORT or IPV6.
bool is_host(std::string_view text) {
    if (is_ipv6(text))
        return true;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1)))
            return false;
        port = text.substr(end + 1);
    } else {
        const std::size_t end = std::min(text.find(':'), text.size());
        const std::string_view name = text.substr(0, end);
        if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character))
            return false;
        port = text.substr(end);
    }
    return port.empty() || (port.starts_with(':') && is_port(port.substr(1)));
}

bool is_plain_path(std::string_view text) {
    const std::string_view host = text.substr(0, text.find('/'));
    return text.find("://") == std::string_view::npos &&
           std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) <= 0x20; }) &&
           !host.empty();
}

bool holds(const EnumerationType& type, std::string_view value) {
    return std::any_of(type.values.begin(), type.values.end(),
                       [&](const EnumerationType::Value& one) { return one.code == value; });
}

bool holds(const IntegerType& type, std::string_view value) {
    if (value.empty())
        return type.is_optional;
    const auto number = parse_number<std::int64_t>(value);
    return number && type.min <= *number && *number <= type.max;
}

bool holds(const SecretType& type, std::string_view value) {
    if (value.size() < type.size_min || value.size() > type.size_max)
        return false;
    return !type.is_hex ||
           std::all_of(value.begin(), value.end(), [](char c) { return hex_digit(c) >= 0; });
}

bool holds(const ValueType& type, std::string_view value) {
    return std::visit(Overloaded{
                          [&](const BoolType&) { return value == "0" || value == "1"; },
                          [&](const HostType&) { return value.empty() || is_host(value); },
                          [&](const PathType& path) {
                              return value.empty() ||
                                     (value.size() <= path.size_max && is_plain_path(value));
                          },
                          [&](const TextType& text) { return value.size() <= text.size_max; },
                          [&](const auto& other) { return holds(other, value); },
                      },
                      type);
}

std::string described(const EnumerationType& type) {
    std::string text;
    for (std::size_t at = 0; at < type.values.size(); ++at) {
        const auto& [code, word, meaning] = type.values[at];
        if (at > 0)
            text += at + 1 == type.values.size() ? " or " : ", ";
        text += code.empty() ? "nothing" : code;
        if (!meaning.empty())
            text += " (" + meaning + ")";
    }
    return text;
}

std::string described(const IntegerType& type) {
    std::string text = std::to_string(type.min) + " to " + std::to_string(type.max);
    if (!type.unit.empty())
        text += " " + type.unit;
    if (type.is_optional)
        text += ", or nothing";
    return text;
}

std::string described(const SecretType& type) {
    const std::string size =
        type.size_min == type.size_max
            ? std::to_string(type.size_max)
            : std::to_string(type.size_min) + " to " + std::to_string(type.size_max);
    return "a secret of " + size + (type.is_hex ? " hex digits" : " bytes");
}

} // namespace

std::string describe(const ValueType& type) {
    return std::visit(Overloaded{
                          [](const BoolType&) -> std::string { return "0 (no) or 1 (yes)"; },
                          [](const HostType&) -> std::string {
                              return "a host name or an address, :PORT behind it if need be";
                          },
                          [](const PathType& path) {
                              return "HOST/FOLDER without http:// in front, up to " +
                                     std::to_string(path.size_max) + " bytes";
                          },
                          [](const TextType& text) {
                              return "text of up to " + std::to_string(text.size_max) + " bytes";
                          },
                          [](const auto& other) { return described(other); },
                      },
                      type);
}

Done check_value(const ValueType& type, std::string_view value) {
    if (holds(type, value))
        return {};
    if (const auto* secret = std::get_if<SecretType>(&type)) {
        const std::string got = std::to_string(value.size()) + " bytes";
        const bool fits = value.size() >= secret->size_min && value.size() <= secret->size_max;
        return fail("want " + describe(type) + ", got " +
                    (fits ? got + " with others among them" : got));
    }
    if (std::holds_alternative<TextType>(type))
        return fail("want " + describe(type) + ", got " + std::to_string(value.size()));
    return fail("want " + describe(type) + ", got '" + printable(value) + "'");
}

std::string_view meaning_of(const ValueType& type, std::string_view value) {
    if (std::holds_alternative<BoolType>(type))
        return value == "1" ? "yes" : value == "0" ? "no" : "";
    if (const auto* enumeration = std::get_if<EnumerationType>(&type))
        for (const auto& one : enumeration->values)
            if (one.code == value)
                return one.meaning;
    return {};
}

std::string to_word(const ValueType& type, std::string_view value) {
    if (std::holds_alternative<BoolType>(type))
        return std::string(value == "1" ? word_yes : value == "0" ? word_no : value);
    if (const auto* enumeration = std::get_if<EnumerationType>(&type))
        for (const auto& one : enumeration->values)
            if (one.code == value && !one.word.empty())
                return one.word;
    return std::string(value);
}

std::string from_word(const ValueType& type, std::string_view word) {
    if (std::holds_alternative<BoolType>(type))
        return std::string(word == word_yes ? "1" : word == word_no ? "0" : word);
    if (const auto* enumeration = std::get_if<EnumerationType>(&type))
        for (const auto& one : enumeration->values)
            if (!one.word.empty() && one.word == word)
                return one.code;
    return std::string(word);
}

} // namespace plugtone
