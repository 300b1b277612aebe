#include "tftpd/device_hints.hpp"

#include "core/base/text.hpp"

namespace plugtone::tftpd {

DeviceHints device_hints(const std::vector<Option>& options) {
    DeviceHints hints;
    for (const Option& option : options) {
        const std::string name = lower(option.name);
        if (name == "grandstream_model")
            hints.model = option.value;
        if (name == "grandstream_rev_phone")
            hints.firmware = option.value;
        if (name == "grandstream_id")
            hints.id = option.value;
    }
    return hints;
}

DeviceHints device_hints(std::string_view user_agent) {
    const auto parts = words(user_agent);
    DeviceHints hints;
    if (parts.size() < 3 || parts[0] != "Grandstream")
        return hints;
    if (parts[1] != "Model") {
        hints.model = parts[1];
        hints.firmware = parts[2];
    }
    for (std::size_t at = 1; at + 1 < parts.size(); ++at) {
        if (parts[at] == "HW")
            hints.model = parts[at + 1];
        if (parts[at] == "SW")
            hints.firmware = parts[at + 1];
        if (parts[at] == "DevId")
            hints.id = parts[at + 1];
    }
    return hints;
}

} // namespace plugtone::tftpd
