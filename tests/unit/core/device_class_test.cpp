#include "core/classes/device_class.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

Identity phone() {
    return {.mac = *Mac::parse("000b82123456"),
            .vendor_class = "Grandstream GXP2160 dslforum.org",
            .user_class = "voice",
            .user_agent = "Grandstream Model HW GXP2160"};
}

TEST(TextPattern, MatchesInItsOwnWay) {
    EXPECT_TRUE((TextPattern{TextMatch::exact, "abc"}.matches("abc")));
    EXPECT_FALSE((TextPattern{TextMatch::exact, "abc"}.matches("abcd")));
    EXPECT_TRUE((TextPattern{TextMatch::prefix, "abc"}.matches("abcd")));
    EXPECT_FALSE((TextPattern{TextMatch::prefix, "abc"}.matches("ab")));
    EXPECT_TRUE((TextPattern{TextMatch::glob, "a*d"}.matches("abcd")));
    EXPECT_FALSE((TextPattern{TextMatch::prefix, "a*"}.matches("abcd"))) << "only globs have *";
}

TEST(TextPattern, CountsOnlyWhatMustStandThere) {
    EXPECT_EQ((TextPattern{TextMatch::glob, "a*b?c"}.literal_size()), 3U);
    EXPECT_EQ((TextPattern{TextMatch::exact, "a*b?c"}.literal_size()), 5U);
}

TEST(MatchRule, WantsAllOfItsConditions) {
    MatchRule rule;
    rule.vendor_class = TextPattern{TextMatch::prefix, "Grandstream "};
    rule.user_class = TextPattern{TextMatch::exact, "voice"};
    rule.user_agent = TextPattern{TextMatch::glob, "*GXP21??"};
    rule.ouis = {0x001122, 0x000b82};
    rule.mac_range = MacRange{*Mac::parse("000b82123456"), *Mac::parse("000b82123456")};
    EXPECT_TRUE(rule.matches(phone()));

    Identity other = phone();
    other.vendor_class = "grandstream GXP2160";
    EXPECT_FALSE(rule.matches(other));
    other = phone();
    other.user_class = "";
    EXPECT_FALSE(rule.matches(other));
    other = phone();
    other.user_agent = "curl";
    EXPECT_FALSE(rule.matches(other));
    other = phone();
    other.mac = *Mac::parse("000b82123457");
    EXPECT_FALSE(rule.matches(other)) << "outside the range";
    rule.mac_range.reset();
    EXPECT_TRUE(rule.matches(other));
    other.mac = *Mac::parse("000b83123457");
    EXPECT_FALSE(rule.matches(other)) << "another vendor's";
}

// A class for "any phone that sends option 60" must not take the laptop that sends none.
TEST(MatchRule, PatternWantsTheTextToBeThere) {
    MatchRule rule;
    rule.vendor_class = TextPattern{TextMatch::glob, "*"};
    Identity silent = phone();
    EXPECT_TRUE(rule.matches(silent));
    silent.vendor_class.clear();
    EXPECT_FALSE(rule.matches(silent));
}

TEST(MacRange, HoldsBothEnds) {
    const MacRange range{*Mac::parse("000b82000010"), *Mac::parse("000b8200001f")};
    EXPECT_EQ(range.size(), 16U);
    EXPECT_TRUE(range.holds(range.first));
    EXPECT_TRUE(range.holds(range.last));
    EXPECT_FALSE(range.holds(*Mac::parse("000b82000020")));
    EXPECT_EQ((MacRange{*Mac::parse("000000000000"), *Mac::parse("ffffffffffff")}.size()),
              std::uint64_t{1} << 48U);
}

TEST(AccessRule, HasANameEach) {
    for (const AccessRule rule : {AccessRule::open, AccessRule::lease, AccessRule::certificate})
        EXPECT_EQ(access_rule_named(access_rule_name(rule)), rule);
    EXPECT_EQ(access_rule_named("lease"), AccessRule::lease);
    for (const char* name : {"", "Lease", "lease ", "all"})
        EXPECT_FALSE(access_rule_named(name)) << name;
}

} // namespace
} // namespace plugtone
