// The whole hook but for Kea's entry points, with packets as Kea hands them over.
#include "kea-hook/hook.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <boost/make_shared.hpp>
#include <dhcp/dhcp4.h>
#include <dhcp/option_int.h>
#include <dhcp/option_int_array.h>
#include <dhcp/option_string.h>
#include <gmock/gmock.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using isc::dhcp::HWAddr;
using isc::dhcp::HWAddrPtr;
using isc::dhcp::Option;
using isc::dhcp::OptionPtr;
using isc::dhcp::Pkt4;

constexpr int packet_threads = 3;
constexpr int reloads = 200;

class HookTest : public testing::Test {
protected:
    HookTest() {
        std::filesystem::create_directory(folder_.path("classes"));
        std::filesystem::create_directory(folder_.path("bindings"));
        settings_.classes = {folder_.path("classes")};
        settings_.offers = "";
        settings_.server = "192.0.2.1";
        settings_.report = {folder_.path("bindings"), ""};
        offer_path("one");
    }

    // Both options of a class have the same path: an answer with two is of two tables.
    void offer_path(const std::string& path) {
        const std::string beside = folder_.path("classes/test.new");
        std::ofstream(beside) << R"(<device-classes vendor="test"><class name="test">
            <match vendor-class-prefix="Testphone"/><offer url="http://{server}/)"
                              << path << R"("><option code="66">{url}</option>
            <option code="160">{url}</option></offer></class></device-classes>)";
        std::filesystem::rename(beside, folder_.path("classes/test.xml"));
    }

    struct Exchange {
        Pkt4 query{isc::dhcp::DHCPREQUEST, 7};
        Pkt4 response{isc::dhcp::DHCPACK, 7};

        std::string text(std::uint16_t code) const {
            const auto found = response.options_.find(code);
            return found == response.options_.end()
                       ? ""
                       : std::string(as_text(found->second->getData()));
        }
    };
    static std::unique_ptr<Exchange> exchange(const std::string& vendor_class) {
        auto made = std::make_unique<Exchange>();
        made->query.setHWAddr(HWAddrPtr(new HWAddr(HWAddr::fromText("00:0b:82:00:00:01"))));
        const OptionPtr vendor(new isc::dhcp::OptionString(
            Option::V4, isc::dhcp::DHO_VENDOR_CLASS_IDENTIFIER, vendor_class));
        const OptionPtr asked(new isc::dhcp::OptionUint8Array(
            Option::V4, isc::dhcp::DHO_DHCP_PARAMETER_REQUEST_LIST, {66, 160}));
        const auto time = boost::make_shared<isc::dhcp::OptionUint32>(
            Option::V4, isc::dhcp::DHO_DHCP_LEASE_TIME, 600);
        made->query.addOption(vendor);
        made->query.addOption(asked);
        made->response.setYiaddr(isc::asiolink::IOAddress("192.0.2.10"));
        made->response.addOption(time);
        return made;
    }

    test::TempFolder folder_;
    HookSettings settings_;
};

TEST_F(HookTest, AnAckGivesOptionsAndABinding) {
    const auto phone = exchange("Testphone");
    const auto other = exchange("Stranger");
    {
        Hook hook(settings_);
        hook.answered(phone->query, phone->response, false);
        hook.answered(other->query, other->response, false);
    }
    EXPECT_EQ(phone->text(66), "http://192.0.2.1/one");
    EXPECT_EQ(phone->text(160), "http://192.0.2.1/one");
    EXPECT_EQ(other->text(66), "");
    const auto bound = read_binding(folder_.path("bindings"), Ipv4::parse("192.0.2.10").value());
    ASSERT_TRUE(bound && *bound);
    EXPECT_EQ((*bound)->mac.text(), "000b82000001");
}

TEST_F(HookTest, WhatIsPackedAlreadyIsABindingAndGetsNoOptions) {
    const auto phone = exchange("Testphone");
    {
        Hook hook(settings_);
        hook.answered(phone->query, phone->response, true);
    }
    EXPECT_EQ(phone->text(66), "");
    const auto bound = read_binding(folder_.path("bindings"), Ipv4::parse("192.0.2.10").value());
    EXPECT_TRUE(bound && *bound);
}

TEST_F(HookTest, AnOfferAndTheAnswerToInformAreNoBindings) {
    const auto offered = exchange("Testphone");
    const auto informed = exchange("Testphone");
    offered->response.setType(isc::dhcp::DHCPOFFER);
    informed->response.setYiaddr(isc::asiolink::IOAddress("0.0.0.0"));
    {
        Hook hook(settings_);
        hook.answered(offered->query, offered->response, false);
        hook.answered(informed->query, informed->response, false);
    }
    EXPECT_EQ(offered->text(66), "http://192.0.2.1/one");
    EXPECT_EQ(informed->text(66), "http://192.0.2.1/one");
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path("bindings")));
}

// Also what the thread sanitizer is run on.
TEST_F(HookTest, PacketThreadsSeeOneTableOrTheOtherWhileItIsReplaced) {
    Hook hook(settings_);
    std::atomic<bool> ended = false;
    std::atomic<int> answers = 0;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int n = 0; n < packet_threads; ++n)
        threads.emplace_back([&] {
            while (!ended) {
                const auto phone = exchange("Testphone");
                hook.answered(phone->query, phone->response, false);
                const std::string url = phone->text(66);
                if (url != phone->text(160) ||
                    (url != "http://192.0.2.1/one" && url != "http://192.0.2.1/two"))
                    ++wrong;
                ++answers;
            }
        });
    for (int n = 0; n < reloads; ++n) {
        offer_path(n % 2 == 0 ? "two" : "one");
        EXPECT_EQ(hook.reload()->get("result")->intValue(), 0);
        EXPECT_EQ(hook.status()->get("result")->intValue(), 0);
    }
    ended = true;
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_GT(answers, 0);
    EXPECT_EQ(wrong, 0);
}

} // namespace
} // namespace plugtone
