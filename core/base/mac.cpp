#include "core/base/mac.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

// The 12 digits without their separators; empty when the separators are not one kind, after every
// pair.
std::string digits_of(std::string_view text) {
    if (text.size() == 12)
        return std::string(text);
    if (text.size() != 17 || (text[2] != ':' && text[2] != '-'))
        return {};
    std::string digits;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (at % 3 != 2)
            digits += text[at];
        else if (text[at] != text[2])
            return {};
    }
    return digits;
}

} // namespace

Result<Mac> Mac::parse(std::string_view text) {
    const auto bytes = from_hex(digits_of(text));
    if (!bytes || bytes->size() != 6)
        return fail("MAC: want 12 hex digits such as 000b82123456 or 00:0b:82:12:34:56, got '" +
                    printable(text) + "'");
    return from_bytes(*bytes);
}

Result<Mac> Mac::from_bytes(ByteView bytes) {
    if (bytes.size() != 6)
        return fail("MAC: want 6 bytes, got " + std::to_string(bytes.size()));
    Mac mac;
    std::copy(bytes.begin(), bytes.end(), mac.bytes_.begin());
    return mac;
}

std::string Mac::text() const {
    return to_hex(bytes_);
}

std::uint64_t Mac::number() const {
    std::uint64_t number = 0;
    for (const std::uint8_t byte : bytes_)
        number = (number << 8U) | byte;
    return number;
}

std::uint32_t Mac::oui() const {
    return static_cast<std::uint32_t>(number() >> 24U);
}

bool Mac::is_device() const {
    return number() != 0 && (bytes_[0] & 1U) == 0;
}

} // namespace plugtone
