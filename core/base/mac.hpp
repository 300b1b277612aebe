// A device's hardware address, the key that everything about a phone hangs on.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace plugtone {

class Mac {
public:
    // 000b82123456, 00:0b:82:12:34:56 or 00-0B-82-12-34-56, either case; one separator throughout.
    static Result<Mac> parse(std::string_view text);
    // From a packet; the bytes must be six.
    static Result<Mac> from_bytes(ByteView bytes);

    // 12 lower-case hex digits, as file names and every interface of ours write it.
    std::string text() const;
    const std::array<std::uint8_t, 6>& bytes() const { return bytes_; }
    std::uint64_t number() const;
    // The vendor's part, e.g. 0x000b82.
    std::uint32_t oui() const;
    // True for what one device can own: not all zero, and no group address (IEEE 802, bit 0 of
    // octet 0).
    bool is_device() const;

    auto operator<=>(const Mac&) const = default;

private:
    std::array<std::uint8_t, 6> bytes_{};
};

} // namespace plugtone
