// The few parameters that the programs themselves act on (the guide, "Configuration Parameters";
// facts, section 6). What all the others mean is data: dictionary.hpp.
#pragma once

#include "core/classes/parameter.hpp"

namespace plugtone::known {

inline constexpr ParameterName firmware_path = ParameterName::numbered(192);
inline constexpr ParameterName poll_interval = ParameterName::numbered(193);
inline constexpr ParameterName poll_mode = ParameterName::numbered(194);
inline constexpr ParameterName protocol = ParameterName::numbered(212);
inline constexpr ParameterName firmware_prefix = ParameterName::numbered(232);
inline constexpr ParameterName firmware_postfix = ParameterName::numbered(233);
inline constexpr ParameterName config_prefix = ParameterName::numbered(234);
inline constexpr ParameterName config_postfix = ParameterName::numbered(235);
inline constexpr ParameterName config_path = ParameterName::numbered(237);
inline constexpr ParameterName firmware_check = ParameterName::numbered(238);
inline constexpr ParameterName poll_hour = ParameterName::numbered(285);
inline constexpr ParameterName poll_mode_v2 = ParameterName::numbered(22296);
inline constexpr ParameterName http_user = ParameterName::numbered(1360);
inline constexpr ParameterName http_password = ParameterName::numbered(1361);
inline constexpr ParameterName xml_password = ParameterName::numbered(1359);

} // namespace plugtone::known
