#include "core/base/mac_range.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(MacRanges, FindsAllThatHoldTheAddress) {
    std::mt19937 random(1);
    const auto any_mac = [&] {
        const std::uint8_t last = std::uniform_int_distribution<std::uint8_t>(0, 40)(random);
        return Mac::from_bytes(std::vector<std::uint8_t>{0, 0x0b, 0x82, 0, 0, last}).value();
    };
    for (int round = 0; round < 300; ++round) {
        std::vector<MacRange> ranges(static_cast<std::size_t>(round % 30));
        for (MacRange& range : ranges) {
            const Mac one = any_mac();
            const Mac other = any_mac();
            range = {std::min(one, other), std::max(one, other)};
        }
        const MacRanges index(ranges);
        const Mac mac = any_mac();
        std::vector<bool> found(ranges.size());
        index.each_holding(mac, [&](std::size_t id) { found[id] = true; });
        for (std::size_t id = 0; id < ranges.size(); ++id)
            EXPECT_EQ(found[id], ranges[id].holds(mac)) << ranges[id].text() << " " << mac.text();
    }
}

TEST(MacRange, IsReadInEveryWayThatMacsAreWritten) {
    for (const char* text : {"000b82000001-000b820000ff", "00:0b:82:00:00:01-00:0B:82:00:00:ff",
                             "00-0b-82-00-00-01-00-0b-82-00-00-ff"}) {
        const auto range = MacRange::parse(text);
        ASSERT_TRUE(range) << range.error().message;
        EXPECT_EQ(range->text(), "000b82000001-000b820000ff");
        EXPECT_EQ(range->size(), 255U);
    }
    for (const char* one : {"000b82000001", "00-0b-82-00-00-01"})
        EXPECT_EQ(MacRange::parse(one)->text(), "000b82000001");
    for (const char* bad : {"", "-", "000b82000002-000b82000001", "000b82000001-", "x",
                            "000b82000001-000b820000ff-000b820000ff"})
        EXPECT_FALSE(MacRange::parse(bad)) << bad;
}

} // namespace
} // namespace plugtone
