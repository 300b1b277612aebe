#include "agent/live_files.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;

constexpr const char* own = "000b82123456";
constexpr const char* other = "000b82000001";

class LiveFilesTest : public testing::Test {
protected:
    LiveFilesTest() { inventory_.add_devices(1, {test::device_of(own), test::device_of(other)}); }
    void is_live(const std::string& path, const std::string& hash, const char* owner = own) {
        live_[path].entry = {hash, AccessRule::lease, mac_of(owner)};
    }
    // What becomes of a phone that has fetched that one.
    std::string after_fetching(const std::string& name, const std::string& hash) {
        DeviceStates states(inventory_.database());
        tell_states(states, inventory_, live_, scope_, 1);
        states.apply(mac_of(own),
                     {EventKind::transfer_done,
                      {{"MAC", own}, {"OWNER", own}, {"NAME", name}, {"SHA256", hash}}},
                     10);
        states.pass_time(1000, 10);
        return std::string(state_name(states.of(mac_of(own)).journey.state));
    }

    test::TempFolder folder_;
    Inventory inventory_{folder_.path("db"), test::test_box()};
    Contents live_;
    Scope scope_ = Scope::all();
};

TEST_F(LiveFilesTest, TheFileOfEachSealIsTheLiveOne) {
    is_live("@/cfg000b82123456.xml", "a");
    is_live("gs_@/cfg000b82123456.xml", "b");
    is_live("@/cfg000b82000001.xml", "c", other);
    EXPECT_EQ(after_fetching("cfg000b82123456.xml", "a"), "up-to-date");
    EXPECT_EQ(after_fetching("gs_cfg000b82123456.xml", "b"), "up-to-date");
    EXPECT_EQ(after_fetching("cfg000b82123456.xml", "c"), "outdated") << "that is another's";
    EXPECT_EQ(after_fetching("cfg000b82123456.xml", ""), "outdated") << "of no generation";
}

TEST_F(LiveFilesTest, ADevicesXmlIsWhatCountsIfItHasAny) {
    is_live("@/cfg000b82123456", "binary");
    EXPECT_EQ(after_fetching("cfg000b82123456", "binary"), "up-to-date");
    is_live("@/cfg000b82123456.xml", "a");
    EXPECT_EQ(after_fetching("cfg000b82123456", "binary"), "asked");
    EXPECT_EQ(after_fetching("cfg000b82123456.xml", "a"), "up-to-date");
}

TEST_F(LiveFilesTest, OnlyDevicesOfTheScopeAreToldOf) {
    scope_ = Scope::of(mac_of(other));
    DeviceStates states(inventory_.database());
    tell_states(states, inventory_, live_, scope_, 1);
    EXPECT_TRUE(states.is_known(mac_of(other)));
    EXPECT_FALSE(states.is_known(mac_of(own)));
    tell_states(states, inventory_, live_, Scope::of(mac_of("000b82999999")), 1);
    EXPECT_FALSE(states.is_known(mac_of("000b82999999"))) << "it is not in the inventory";
}

TEST_F(LiveFilesTest, WhatChangesIsInTheDatabase) {
    DeviceStates states(inventory_.database());
    tell_states(states, inventory_, live_, scope_, 1);
    states.apply(mac_of(own), {EventKind::leased, {{"MAC", own}}}, 10);
    inventory_.remove_device(2, mac_of(own));
    tell_states(states, inventory_, live_, scope_, 11);
    EXPECT_EQ(DeviceStates(inventory_.database()).of(mac_of(own)).journey, Journey{});
}

} // namespace
} // namespace plugtone
