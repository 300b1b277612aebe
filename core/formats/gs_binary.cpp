#include "core/formats/gs_binary.hpp"

#include <algorithm>
#include <array>

namespace plugtone {

namespace {

constexpr std::size_t header_size = 16;
constexpr std::size_t checksum_at = 4;
constexpr std::size_t mac_at = 6;
constexpr std::array<std::uint8_t, 4> separator = {'\r', '\n', '\r', '\n'};
constexpr std::size_t separator_at = 12;
constexpr std::string_view gnkey_name = "gnkey";

// Of the 16-bit big-endian words; the file has an even size.
std::uint16_t word_sum(ByteView bytes) {
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2)
        sum += static_cast<std::uint32_t>(bytes[at] << 8U | bytes[at + 1]);
    return static_cast<std::uint16_t>(sum & 0xFFFFU);
}

std::uint32_t length_in_words(ByteView bytes) {
    std::uint32_t words = 0;
    for (std::size_t at = 0; at < 4; ++at)
        words = words << 8U | bytes[at];
    return words;
}

// What the vendor's encoder escapes, and control characters, which none of them writes raw.
bool is_escaped(char character) {
    return std::string_view("$%&+,/:;=?@").find(character) != std::string_view::npos ||
           static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
}

void append_escaped(std::string& body, std::string_view value) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char character : value) {
        if (!is_escaped(character)) {
            body += character;
            continue;
        }
        const auto byte = static_cast<unsigned char>(character);
        body += '%';
        body += digits[byte >> 4U];
        body += digits[byte & 0xFU];
    }
}

// A '%' without two hex digits stands for itself: one of the vendor's encoders does not escape it.
std::string unescaped(std::string_view text) {
    std::string value;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const int high = text[at] == '%' && at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
        const int low = high < 0 ? -1 : hex_digit(text[at + 2]);
        if (low >= 0) {
            value += static_cast<char>(high * 16 + low);
            at += 2;
        } else {
            value += text[at] == '+' ? ' ' : text[at];
        }
    }
    return value;
}

Done read_pair(std::string_view pair, ParameterSet& into) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos)
        return fail("want P=value, got " + std::to_string(pair.size()) + " bytes without '='");
    if (pair.substr(0, equals) == gnkey_name)
        return {};
    const auto name = ParameterName::parse(pair.substr(0, equals));
    if (!name)
        return tl::unexpected(name.error());
    std::string value = unescaped(pair.substr(equals + 1));
    if (auto good = check_parameter_value(*name, value); !good)
        return good;
    if (!into.emplace(*name, std::move(value)).second)
        return fail(name->text() + " stands twice");
    return {};
}

} // namespace

Result<Bytes> encode_gs_binary(const GsBinary& file, std::string_view gnkey) {
    std::string body;
    for (const auto& [name, value] : file.parameters) {
        body += name.text() + '=';
        append_escaped(body, value);
        body += '&';
    }
    // The key comes last: devices take the padding for a part of the last value (facts, 1.1). A
    // body without parameters begins with '&', as the vendor's does.
    if (body.empty())
        body += '&';
    body += std::string(gnkey_name) + '=' + std::string(gnkey);
    body.resize((body.size() + 1) / 2 * 2, '\0');
    const std::size_t size = header_size + body.size();
    if (size > gs_binary_size_max)
        return fail("a binary configuration file holds at most " +
                    std::to_string(gs_binary_size_max) + " bytes; this one would have " +
                    std::to_string(size));
    Bytes bytes(header_size);
    for (std::size_t at = 0; at < 4; ++at)
        bytes[at] = static_cast<std::uint8_t>(size / 2 >> (24 - 8 * at));
    std::copy(file.mac.bytes().begin(), file.mac.bytes().end(), bytes.begin() + mac_at);
    std::copy(separator.begin(), separator.end(), bytes.begin() + separator_at);
    const ByteView text = as_bytes(body);
    bytes.insert(bytes.end(), text.begin(), text.end());
    const auto checksum = static_cast<std::uint16_t>(0x10000U - word_sum(bytes));
    bytes[checksum_at] = static_cast<std::uint8_t>(checksum >> 8U);
    bytes[checksum_at + 1] = static_cast<std::uint8_t>(checksum & 0xFFU);
    return bytes;
}

bool is_encrypted_gs_binary(ByteView bytes) {
    return bytes.size() >= header_size && bytes[mac_at] == 0xFF && bytes[mac_at + 1] == 0x01;
}

Done check_gs_binary_frame(ByteView bytes) {
    if (bytes.size() < header_size || bytes.size() % 2 != 0 || bytes.size() > gs_binary_size_max)
        return fail("size: want an even number from 16 to " + std::to_string(gs_binary_size_max) +
                    " bytes, got " + std::to_string(bytes.size()));
    if (const std::size_t length = std::size_t{length_in_words(bytes)} * 2; length != bytes.size())
        return fail("length: the header says " + std::to_string(length) + " bytes, the file has " +
                    std::to_string(bytes.size()));
    if (!std::equal(separator.begin(), separator.end(), bytes.begin() + separator_at))
        return fail("want CR LF CR LF at byte 12, got " +
                    to_hex(bytes.subspan(separator_at, separator.size())));
    if (const std::uint16_t sum = word_sum(bytes); sum != 0)
        return fail("checksum: the 16-bit words add up to " + std::to_string(sum) + ", not to 0");
    return {};
}

Result<GsBinary> decode_gs_binary(ByteView bytes) {
    if (auto good = check_gs_binary_frame(bytes); !good)
        return tl::unexpected(good.error());
    if (is_encrypted_gs_binary(bytes))
        return fail(ErrorKind::refused, "the file is encrypted by the vendor's generator; how its "
                                        "key is made is not public, so it cannot be read");
    const auto mac = Mac::from_bytes(bytes.subspan(mac_at, 6));
    if (!mac)
        return tl::unexpected(mac.error());
    GsBinary file{*mac, {}};
    std::string_view body = as_text(bytes.subspan(header_size));
    body = body.substr(0, body.find_last_not_of('\0') + 1);
    if (body.starts_with('&'))
        body.remove_prefix(1);
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('&'), body.size());
        if (auto good = read_pair(body.substr(0, end), file.parameters); !good)
            return tl::unexpected(good.error());
        body.remove_prefix(std::min(end + 1, body.size()));
    }
    return file;
}

} // namespace plugtone
