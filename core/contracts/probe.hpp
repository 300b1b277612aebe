// The phone that 'plugtonectl doctor' plays (docs/doctor.md). Locally administered, and always the
// same: nobody's phone, and nobody has to decide on it.
#pragma once

#include <string_view>

namespace plugtone {

inline constexpr std::string_view probe_mac = "02504c554754";

} // namespace plugtone
