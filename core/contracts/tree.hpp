// The served tree (design, section 2). The agent writes it, the file server reads it.
//   ROOT/config            symbolic link to the live generation, generations/<n>
//   ROOT/generations/<n>/  shelves and literal files, and a manifest (manifest.hpp), which is never
//   served ROOT/firmware/         shelves and literal files
// Names that begin with a dot are never served.
#pragma once

#include <string_view>

namespace plugtone::tree {

inline constexpr std::string_view config_link = "config";
inline constexpr std::string_view generations_folder = "generations";
inline constexpr std::string_view firmware_folder = "firmware";
inline constexpr std::string_view manifest_file = "manifest";
// Of the live generation, for the Kea hook (offer_overrides.hpp).
inline constexpr std::string_view overrides_file = ".offers";

} // namespace plugtone::tree
