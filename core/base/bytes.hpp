// Bytes as values and views, and their hexadecimal text (always lower case).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace plugtone {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

ByteView as_bytes(std::string_view text);
std::string_view as_text(ByteView bytes);

std::string to_hex(ByteView bytes);
// Accepts both cases; nothing for an odd length or a character that is no hex digit.
std::optional<Bytes> from_hex(std::string_view text);
// 0..15, or -1.
int hex_digit(char character);

// SHA-256 of the bytes, as 64 hex digits.
std::string sha256_hex(ByteView bytes);

} // namespace plugtone
