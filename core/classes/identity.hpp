// What a device says of itself, as far as recognition needs it: from a DHCP packet, or from the
// inventory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/mac.hpp"

namespace plugtone {

struct Identity {
    Mac mac;
    std::string vendor_class = {};             // option 60, as sent
    std::string user_class = {};               // option 77
    std::string user_agent = {};               // HTTP
    std::string host_name = {};                // option 12
    std::vector<std::string> kea_classes = {}; // of ClassTable::kea_classes(), those it is in

    bool operator==(const Identity&) const = default;
};

// The model in a vendor class, lower case: "gxp2160" of "Grandstream GXP2160 dslforum.org", "ht8xx"
// of "HT8XX dslforum.org". Empty if there is none, or if it holds anything but letters, digits and
// "._-".
std::string model_of(std::string_view vendor_class);

} // namespace plugtone
