#include "agent/firmware/rollout_plan.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Mac mac_at(unsigned number) {
    const std::string digits = std::to_string(number);
    return Mac::parse("000b82" + std::string(6 - digits.size(), '0') + digits).value();
}

std::vector<Mac> macs(unsigned count) {
    std::vector<Mac> all;
    for (unsigned at = 1; at <= count; ++at)
        all.push_back(mac_at(at));
    return all;
}

std::string refusal(std::string_view text) {
    const auto rings = Rings::parse(text);
    return rings ? "taken" : rings.error().message;
}

TEST(Rings, AreCanariesAndRisingShares) {
    const Rings rings =
        Rings::parse(" canary 000b82000001, 00:0b:82:00:00:02 ;10%; 50%;100%").value();
    EXPECT_THAT(rings.canaries, ElementsAre(mac_at(1), mac_at(2)));
    EXPECT_THAT(rings.percents, ElementsAre(10U, 50U, 100U));
    EXPECT_EQ(rings.count(), 4U);
    EXPECT_EQ(rings.name(0), "canary");
    EXPECT_EQ(rings.name(1), "10%");
    EXPECT_EQ(rings.text(), "canary 000b82000001,000b82000002;10%;50%;100%");
    EXPECT_EQ(Rings::parse(rings.text()).value(), rings);
    EXPECT_EQ(Rings::parse("100%")->name(0), "100%");
    EXPECT_EQ(Rings::parse("canary 000b82000001")->count(), 1U);
}

TEST(Rings, RefuseWhatDoesNotRise) {
    EXPECT_THAT(refusal("50%;10%"), HasSubstr("got 10% after 50%"));
    EXPECT_THAT(refusal("50%;50%"), HasSubstr("have to rise"));
    EXPECT_THAT(refusal("0%"), HasSubstr("from 1% to 100%"));
    EXPECT_THAT(refusal("101%"), HasSubstr("from 1% to 100%"));
    EXPECT_THAT(refusal("10"), HasSubstr("want 'canary MAC,MAC' or a share"));
    EXPECT_THAT(refusal(""), HasSubstr("want 'canary MAC,MAC' or a share"));
    EXPECT_THAT(refusal("10%;canary 000b82000001"), HasSubstr("got 'canary 000b82000001'"));
    EXPECT_THAT(refusal("canary 000b82000001,000b82000001"), HasSubstr("stands twice"));
    EXPECT_THAT(refusal("canary ,"), HasSubstr("rings: canary"));
    EXPECT_THAT(refusal("canary here"), HasSubstr("rings: canary"));
}

TEST(QuietHours, MayGoOverMidnight) {
    const QuietHours hours = QuietHours::parse("22:00-06:30").value();
    EXPECT_TRUE(hours.holds(22 * 60));
    EXPECT_TRUE(hours.holds(0));
    EXPECT_TRUE(hours.holds(6 * 60 + 29));
    EXPECT_FALSE(hours.holds(6 * 60 + 30));
    EXPECT_FALSE(hours.holds(12 * 60));
    EXPECT_FALSE(hours.holds(21 * 60 + 59));
    EXPECT_EQ(hours.text(), "22:00-06:30");
    EXPECT_EQ(QuietHours::parse(hours.text()).value(), hours);
    EXPECT_TRUE(QuietHours::parse("12:00-13:00")->holds(12 * 60));
    EXPECT_FALSE(QuietHours::parse("12:00-13:00")->holds(13 * 60));
}

TEST(QuietHours, RefuseWhatIsNoTime) {
    for (const char* text : {"", "22:00", "22-06", "24:00-06:00", "22:60-06:00", "22:00-22:00",
                             "22:0-06:00", "a:00-06:00", "22:00-06:00-"})
        EXPECT_FALSE(QuietHours::parse(text)) << text;
}

TEST(SteppingStone, IsAFirmwareAndForWhom) {
    EXPECT_EQ(SteppingStone::parse("3")->firmware, 3);
    EXPECT_FALSE(SteppingStone::parse("3")->below);
    EXPECT_EQ(SteppingStone::parse("3:1.0.5.0")->below, FirmwareVersion::parse("1.0.5.0").value());
    EXPECT_EQ(SteppingStone::parse("3:1.0.5.0")->text(), "3:1.0.5.0");
    for (const char* text : {"", "0", "-1", "x", "3:", "3:x", ":1.0"})
        EXPECT_FALSE(SteppingStone::parse(text)) << text;
}

TEST(AssignRings, GivesEachPhoneOnePlace) {
    const auto places =
        assign_rings(Rings::parse("canary 000b82000007;10%;50%;100%").value(), 1, macs(20));
    ASSERT_TRUE(places);
    std::vector<std::size_t> sizes(4);
    std::set<Mac> seen;
    for (const Place& place : *places) {
        ++sizes[place.ring];
        EXPECT_TRUE(seen.insert(place.mac).second);
    }
    EXPECT_EQ(places->front().mac, mac_at(7));
    EXPECT_THAT(sizes, ElementsAre(1U, 1U, 8U, 10U)); // 10% of 20 are 2, the canary among them
}

TEST(AssignRings, IsTheSameWheneverItIsAsked) {
    const Rings rings = Rings::parse("10%;100%").value();
    const auto order = [&](long long rollout, std::vector<Mac> devices) {
        std::vector<Mac> macs;
        const auto places = assign_rings(rings, rollout, devices).value();
        for (const Place& place : places)
            macs.push_back(place.mac);
        return macs;
    };
    std::vector<Mac> other_way = macs(50);
    std::reverse(other_way.begin(), other_way.end());
    EXPECT_EQ(order(1, macs(50)), order(1, other_way));
    EXPECT_NE(order(1, macs(50)), order(2, macs(50)));
}

TEST(AssignRings, LeavesOutWhatIsBeyondTheLastShare) {
    const auto places = assign_rings(Rings::parse("25%").value(), 1, macs(10));
    EXPECT_EQ(places->size(), 3U); // a share is rounded up
}

TEST(AssignRings, RefusesACanaryThatIsNotAmongThem) {
    const auto refused = assign_rings(Rings::parse("canary 000b82000099").value(), 1, macs(3));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("canary 000b82000099 is none of the phones"));
}

} // namespace
} // namespace plugtone
