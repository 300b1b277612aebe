// Whose file is this? A file whose name holds "cfg" or "dev" and 12 hex digits belongs to that
// device and is private; every other file is public (design, section 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/mac.hpp"

namespace plugtone {

// name: a basic name or a literal file's name. The first such place counts, in either case,
// wherever it stands: for a literal name nobody knows where prefix and postfix begin, and a file
// too private is the safer mistake.
std::optional<Mac> owner_of(std::string_view name);

// The guide's names (Figure 1): "cfg000b82123456" and "cfg000b82123456.xml".
std::string binary_config_name(const Mac& mac);
std::string xml_config_name(const Mac& mac);
inline constexpr std::string_view generic_config_name = "cfg.xml";

} // namespace plugtone
