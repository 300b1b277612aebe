#include "agent/poll_slots.hpp"

#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/classes/schedule.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;

class PollSlotsTest : public testing::Test {
protected:
    PollSlots fresh(bool all = false) { return PollSlots(inventory_.database(), all); }

    test::TempFolder folder_;
    Inventory inventory_{folder_.path("db"), test::test_box()};
    Mac one_ = mac_of("000b82000001");
    Mac two_ = mac_of("000b82000002");
};

TEST_F(PollSlotsTest, AreCountedForEachClass) {
    PollSlots slots = fresh();
    EXPECT_EQ(slots.of(one_, "gxp"), 0U);
    EXPECT_EQ(slots.of(two_, "gxp"), 1U);
    EXPECT_EQ(slots.of(two_, "ht"), 0U);
    EXPECT_EQ(slots.of(one_, "gxp"), 0U);
}

TEST_F(PollSlotsTest, AreKept) {
    EXPECT_EQ(fresh().of(two_, "gxp"), 0U);
    for (const bool all : {false, true}) {
        PollSlots slots = fresh(all);
        EXPECT_EQ(slots.find(two_, "gxp"), 0U);
        EXPECT_FALSE(slots.find(one_, "gxp"));
        EXPECT_FALSE(slots.find(two_, "ht"));
    }
    EXPECT_EQ(fresh(true).of(one_, "gxp"), 1U);
    EXPECT_EQ(fresh().of(mac_of("000b82000003"), "gxp"), 2U);
}

// The whole way from MACs to minutes, of one OUI, one after the other and scattered.
TEST_F(PollSlotsTest, SpreadAThousandDevicesOverTheDay) {
    constexpr std::uint32_t interval = 720;
    const soci::transaction transaction(inventory_.database());
    for (const unsigned step : {1U, 7919U}) {
        PollSlots slots = fresh(true);
        const std::string name = "class" + std::to_string(step);
        std::map<std::uint32_t, int> minutes;
        for (unsigned i = 0; i < 1000; ++i) {
            const auto mac = Mac::parse(fmt::format("000b82{:06x}", (i * step) % 0x1000000U));
            ++minutes[first_request_min(interval, slots.of(*mac, name))];
        }
        for (const auto& [minute, count] : minutes)
            EXPECT_LE(count, 2 * 1000.0 / interval) << "minute " << minute;
    }
}

} // namespace
} // namespace plugtone
