// What a device says of itself when it asks; reported in events and metrics, never believed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tftpd/codec.hpp"

namespace plugtone::tftpd {

struct DeviceHints {
    std::string model;
    std::string firmware;
    std::string id; // its MAC, as it writes it
};

// TFTP's grandstream_MODEL, grandstream_REV_PHONE and grandstream_ID (facts, section 8).
DeviceHints device_hints(const std::vector<Option>& options);

// HTTP's User-Agent: "Grandstream Model HW GXP2130 V1.0 SW 1.0.7.25 DevId 000b82000001", of older
// ones "Grandstream GXP1400 1.0.4.13" (facts, section 5.1). Parts that are not there stay empty.
DeviceHints device_hints(std::string_view user_agent);

} // namespace plugtone::tftpd
