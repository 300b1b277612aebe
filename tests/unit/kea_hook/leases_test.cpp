#include "kea-hook/leases.hpp"

#include <ctime>

#include <boost/make_shared.hpp>
#include <dhcp/classify.h>
#include <dhcpsrv/lease_mgr_factory.h>
#include <dhcpsrv/subnet_id.h>
#include <gmock/gmock.h>

namespace plugtone {
namespace {

using isc::asiolink::IOAddress;
using isc::dhcp::HWAddr;
using isc::dhcp::HWAddrPtr;
using isc::dhcp::Lease4;
using isc::dhcp::Lease4Ptr;
using isc::dhcp::LeaseMgrFactory;

constexpr std::uint32_t lifetime = 600;

// Kea's own memfile, with nothing on disk.
class LeasesTest : public testing::Test {
protected:
    LeasesTest() : now_(std::time(nullptr)) {
        LeaseMgrFactory::create("type=memfile universe=4 persist=false");
    }
    ~LeasesTest() override { LeaseMgrFactory::destroy(); }

    Lease4Ptr add(const std::string& address, const std::string& mac, std::time_t since,
                  std::uint32_t valid = lifetime) {
        const HWAddrPtr hardware(new HWAddr(HWAddr::fromText(mac)));
        const auto lease = boost::make_shared<Lease4>(IOAddress(address), hardware,
                                                      isc::dhcp::ClientIdPtr(), valid, since, 1);
        EXPECT_TRUE(LeaseMgrFactory::instance().addLease(lease));
        return lease;
    }
    static Ipv4 ip(const char* text) { return Ipv4::parse(text).value(); }
    static Mac mac(const char* text) { return Mac::parse(text).value(); }

    const std::time_t now_;
};

TEST_F(LeasesTest, OnlyThoseThatHoldAndHaveAnEthernetAddressAreBindings) {
    add("10.0.0.1", "00:0b:82:00:00:01", now_);
    add("10.0.0.2", "00:0b:82:00:00:02", now_ - 2 * std::time_t{lifetime}); // has ended
    add("10.0.0.3", "00:0b:82:00:00:03:04:05", now_);
    add("10.0.0.4", "00:0b:82:00:00:04", now_ - 2 * std::time_t{lifetime}, 0xFFFFFFFF);
    const Lease4Ptr declined = add("10.0.0.5", "00:0b:82:00:00:05", now_);
    declined->state_ = isc::dhcp::Lease::STATE_DECLINED;
    LeaseMgrFactory::instance().updateLease4(declined);
    const LiveBindings live = live_bindings(std::chrono::milliseconds(10'000));
    EXPECT_EQ(live.problem, "");
    EXPECT_THAT(live.found, testing::UnorderedElementsAre(
                                Binding{ip("10.0.0.1"), mac("000b82000001"), now_ + lifetime},
                                Binding{ip("10.0.0.4"), mac("000b82000004"), never_expires}));
}

TEST_F(LeasesTest, AreReadPageByPageToTheLast) {
    constexpr std::uint32_t count = 2500;
    for (std::uint32_t host = 0; host < count; ++host)
        add(Ipv4{(10U << 24U) + host}.text(), "00:0b:82:00:00:01", now_);
    EXPECT_EQ(live_bindings(std::chrono::milliseconds(60'000)).found.size(), count);
}

TEST_F(LeasesTest, WhoeverRunsOutOfTimeSaysSoAndHasSome) {
    for (std::uint32_t host = 0; host < 2500; ++host)
        add(Ipv4{(10U << 24U) + host}.text(), "00:0b:82:00:00:01", now_);
    const LiveBindings some = live_bindings(std::chrono::milliseconds(-1));
    EXPECT_EQ(some.found.size(), 1000U);
    EXPECT_THAT(some.problem, testing::HasSubstr("10.0.3.231"));
}

TEST_F(LeasesTest, OfOneAddressAndOfOneDevice) {
    add("10.0.0.1", "00:0b:82:00:00:01", now_ - 100);
    add("10.0.0.2", "00:0b:82:00:00:01", now_); // the same device's newest
    EXPECT_EQ(live_binding(ip("10.0.0.1"))->mac, mac("000b82000001"));
    EXPECT_EQ(live_binding(ip("10.0.0.3")), std::nullopt);
    EXPECT_EQ(leased_address(mac("000b82000001")), ip("10.0.0.2"));
    EXPECT_EQ(leased_address(mac("000b82000002")), Ipv4{});
}

} // namespace
} // namespace plugtone
