// The name in a TFTP or HTTP request, made comparable with the catalogue's served names. It is only
// ever looked up in memory: no byte from the network becomes a path.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace plugtone {

// Longest name that can be asked for, bytes.
inline constexpr std::size_t request_name_size_max = 512;

// Drops a leading '/', doubled '/' and "./" (devices send all of them); refuses "..", NUL and other
// control characters, backslashes, the empty name, and what is too long. Percent-encoding is
// HTTP's, and decoded before.
Result<std::string> normalise_request_name(std::string_view name);

} // namespace plugtone
