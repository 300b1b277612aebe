#include "tftpd/device_hints.hpp"

#include <gtest/gtest.h>

#include <array>

namespace plugtone::tftpd {
namespace {

TEST(DeviceHints, ReadTftpsOptions) {
    const DeviceHints hints = device_hints({{"grandstream_ID", "000b8209ba7d"},
                                            {"grandstream_MODEL", "GXV-3000"},
                                            {"grandstream_REV_PHONE", "001.001.003.014"}});
    EXPECT_EQ(hints.id, "000b8209ba7d");
    EXPECT_EQ(hints.model, "GXV-3000");
    EXPECT_EQ(hints.firmware, "001.001.003.014");
}

TEST(DeviceHints, ReadTheUserAgent) {
    const std::array<std::array<const char*, 4>, 5> cases = {{
        {"Grandstream Model HW GXP1405 SW 1.0.4.23 DevId 000b8240d55c", "GXP1405", "1.0.4.23",
         "000b8240d55c"},
        {"Grandstream Model HW GXV3350  V1.3A SW 1.0.1.8 DevId c074ad150b88", "GXV3350", "1.0.1.8",
         "c074ad150b88"},
        {"Grandstream GXP1400 1.0.4.13", "GXP1400", "1.0.4.13", ""},
        {"curl/7.88", "", "", ""},
        {"", "", "", ""},
    }};
    for (const auto& [agent, model, firmware, id] : cases) {
        const DeviceHints hints = device_hints(agent);
        EXPECT_EQ(hints.model, model) << agent;
        EXPECT_EQ(hints.firmware, firmware) << agent;
        EXPECT_EQ(hints.id, id) << agent;
    }
}

} // namespace
} // namespace plugtone::tftpd
