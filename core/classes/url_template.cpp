#include "core/classes/url_template.hpp"

#include <array>
#include <optional>
#include <utility>

#include "core/base/bytes.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::string_view places = "{server}, {mac}, {model}, {class} and {site}";

std::string percent_encoded(std::string_view text) {
    static constexpr std::string_view unreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string result;
    for (const char character : text) {
        if (unreserved.find(character) != std::string_view::npos)
            result += character;
        else
            result += "%" + to_hex(as_bytes(std::string_view(&character, 1)));
    }
    return result;
}

std::optional<std::string> value_of(std::string_view place, const UrlValues& values) {
    if (place == "server")
        return values.server;
    if (place == "url")
        return values.url;
    if (place == "mac")
        return percent_encoded(values.mac);
    if (place == "model")
        return percent_encoded(values.model);
    if (place == "class")
        return percent_encoded(values.class_name);
    if (place == "site")
        return percent_encoded(values.site);
    return std::nullopt;
}

struct Piece {
    std::string_view literal;
    std::string_view place; // after the literal; empty at the end
};

// Cuts one literal and the place behind it off the front; nothing on unbalanced braces.
std::optional<Piece> next_piece(std::string_view& rest) {
    const std::size_t open = rest.find_first_of("{}");
    if (open == std::string_view::npos)
        return Piece{std::exchange(rest, {}), {}};
    const std::size_t close = rest.find('}', open);
    if (rest[open] == '}' || close == std::string_view::npos || close == open + 1)
        return std::nullopt;
    const Piece piece{rest.substr(0, open), rest.substr(open + 1, close - open - 1)};
    rest.remove_prefix(close + 1);
    return piece;
}

} // namespace

Done check_url_template(std::string_view text, bool with_url) {
    for (const char character : text)
        if (static_cast<unsigned char>(character) <= 0x20 ||
            static_cast<unsigned char>(character) >= 0x7F)
            return fail("template: blanks and characters outside ASCII are refused, got '" +
                        printable(text) + "'");
    for (std::string_view rest = text; !rest.empty();) {
        const auto piece = next_piece(rest);
        if (!piece)
            return fail("template: unbalanced braces in '" + printable(text) + "'");
        if (piece->place.empty())
            continue;
        if (!value_of(piece->place, {}) || (piece->place == "url" && !with_url))
            return fail("template: want " + std::string(places) + (with_url ? ", or {url}" : "") +
                        ", got '{" + printable(piece->place) + "}'");
    }
    return {};
}

Result<std::string> fill_url_template(std::string_view text, const UrlValues& values) {
    std::string result;
    for (std::string_view rest = text; !rest.empty();) {
        const auto piece = next_piece(rest);
        if (!piece)
            return fail("template: unbalanced braces in '" + printable(text) + "'");
        result += piece->literal;
        if (piece->place.empty())
            continue;
        const auto value = value_of(piece->place, values);
        if (!value || value->empty())
            return fail("template '" + printable(text) + "': no value is known for {" +
                        printable(piece->place) + "}");
        result += *value;
    }
    if (result.size() > url_size_max)
        return fail("template '" + printable(text) + "': the text has " +
                    std::to_string(result.size()) + " bytes, at most " +
                    std::to_string(url_size_max) + " fit an option");
    return result;
}

} // namespace plugtone
