// How long, as an operator writes it: a whole number and s, m, h or d, "90m" or "24h".
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace plugtone {

// Seconds; refuses nothing at all, and more than 3650 days.
Result<long long> parse_duration(std::string_view text);
// The shortest such text: "90m", "1d"; what is no whole number of minutes in seconds.
std::string duration_text(long long seconds);

} // namespace plugtone
