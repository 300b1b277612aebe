#include "phone/dhcp_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plugtone {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class DhcpClientTest : public testing::Test {
protected:
    using Step = DhcpClient::Step;

    // The server's answer to a message, as a good server gives it.
    static DhcpMessage answer(const DhcpMessage& to, DhcpType type) {
        DhcpMessage message;
        message.reply = true;
        message.xid = to.xid;
        message.hardware = to.hardware;
        message.yours = Ipv4{0x0A4D0064};
        message.options = {{53, {static_cast<std::uint8_t>(type)}},
                           {54, {10, 77, 0, 1}},
                           {51, {0, 0, 14, 16}},
                           {1, {255, 255, 255, 0}},
                           {3, {10, 77, 0, 1}},
                           {6, {10, 77, 0, 1, 10, 77, 0, 2}},
                           {66, {'h'}}};
        return message;
    }
    static void set(DhcpMessage& message, std::uint8_t code, const Bytes& value) {
        for (DhcpOption& option : message.options)
            if (option.code == code)
                option.value = value;
    }
    static void drop(DhcpMessage& message, std::uint8_t code) {
        std::erase_if(message.options, [code](const DhcpOption& o) { return o.code == code; });
    }
    const DhcpMessage& sent(const Step& step) {
        const auto* send = std::get_if<DhcpClient::Send>(&step);
        EXPECT_NE(send, nullptr);
        last_ = send ? send->message : DhcpMessage{};
        until_ = send ? send->until : until_;
        return last_;
    }
    static bool waits(const Step& step) { return std::holds_alternative<DhcpClient::Wait>(step); }
    DhcpMessage start() { return sent(client_.begin(now_)); }
    DhcpMessage request() {
        return sent(client_.on_message(answer(start(), DhcpType::offer), now_));
    }

    Clock::time_point now_{1000s};
    DhcpIdentity identity_{.mac = Mac::parse("000b82123456").value(),
                           .vendor_class = "Grandstream GXP2160 dslforum.org",
                           .model = "GXP2160",
                           .host_name = ""};
    DhcpClient client_{identity_, std::mt19937(1), now_};
    DhcpMessage last_;
    Clock::time_point until_;
};

TEST_F(DhcpClientTest, DiscoversAsTheDevicesDo) {
    const DhcpMessage discover = start();
    EXPECT_FALSE(discover.reply);
    EXPECT_EQ(discover.hardware, identity_.mac);
    EXPECT_EQ(discover.seconds, 0);
    std::vector<int> codes;
    for (const DhcpOption& option : discover.options)
        codes.push_back(option.code);
    EXPECT_THAT(codes, testing::ElementsAre(53, 61, 60, 125, 57, 55));
    EXPECT_EQ(as_text(*discover.option(60)), "Grandstream GXP2160 dslforum.org");
    EXPECT_EQ(to_hex(*discover.option(61)), "01000b82123456");
    EXPECT_EQ(to_hex(*discover.option(55)), "010203060c0f1c2a2b427d");
    // Enterprise 3561; OUI 000B82, serial number 000b82123456, class GXP2160.
    EXPECT_EQ(to_hex(*discover.option(125)), "00000de91f"
                                             "0106303030423832"
                                             "020c303030623832313233343536"
                                             "030747585032313630");
}

TEST_F(DhcpClientTest, SendsAHostNameOnlyIfItHasOne) {
    EXPECT_EQ(start().option(12), nullptr);
    identity_.host_name = "desk";
    identity_.model = "";
    DhcpClient named(identity_, std::mt19937(1), now_);
    const DhcpMessage discover = sent(named.begin(now_));
    EXPECT_EQ(as_text(*discover.option(12)), "desk");
    EXPECT_EQ(discover.option(125), nullptr);
}

TEST_F(DhcpClientTest, TakesAnOfferedLease) {
    const DhcpMessage discover = start();
    const DhcpMessage request =
        sent(client_.on_message(answer(discover, DhcpType::offer), now_ + 1s));
    EXPECT_EQ(request.type(), DhcpType::request);
    EXPECT_EQ(request.xid, discover.xid);
    EXPECT_EQ(request.seconds, 1);
    EXPECT_EQ(request.number32(50), 0x0A4D0064U);
    EXPECT_EQ(request.number32(54), 0x0A4D0001U);
    EXPECT_EQ(request.client, Ipv4{});
    const auto step = client_.on_message(answer(request, DhcpType::ack), now_ + 1s);
    ASSERT_TRUE(std::holds_alternative<DhcpClient::Bound>(step));
    const Lease lease = std::get<DhcpClient::Bound>(step).lease;
    EXPECT_EQ(lease.address.text(), "10.77.0.100");
    EXPECT_EQ(lease.prefix_size, 24);
    EXPECT_EQ(lease.router->text(), "10.77.0.1");
    EXPECT_EQ(lease.dns_servers.size(), 2U);
    EXPECT_EQ(lease.server.text(), "10.77.0.1");
    EXPECT_EQ(lease.seconds, 3600U);
    EXPECT_EQ(as_text(*lease.ack.option(66)), "h");
}

TEST_F(DhcpClientTest, DiscoversAgainWithDoublingWaits) {
    const std::uint32_t xid = start().xid;
    for (const auto wait : {4s, 8s, 16s, 32s, 64s, 64s, 64s}) {
        EXPECT_GE(until_ - now_, wait - 1s);
        EXPECT_LE(until_ - now_, wait + 1s);
        EXPECT_TRUE(waits(client_.on_time(until_ - 1ms)));
        now_ = until_;
        const DhcpMessage again = sent(client_.on_time(now_));
        EXPECT_EQ(again.type(), DhcpType::discover);
        EXPECT_EQ(again.xid, xid);
        EXPECT_GT(again.seconds, 0);
    }
    EXPECT_EQ(client_.progress(), "DISCOVER sent 8 times, no OFFER came");
}

TEST_F(DhcpClientTest, RequestsFourTimesThenDiscoversAnew) {
    const DhcpMessage first = request();
    for (int again = 2; again <= 4; ++again) {
        now_ = until_;
        EXPECT_EQ(sent(client_.on_time(now_)).type(), DhcpType::request);
        EXPECT_EQ(last_.xid, first.xid);
    }
    EXPECT_THAT(client_.progress(), HasSubstr("REQUEST for 10.77.0.100 sent 4 times"));
    now_ = until_;
    EXPECT_EQ(sent(client_.on_time(now_)).type(), DhcpType::discover);
    EXPECT_NE(last_.xid, first.xid);
    EXPECT_LE(until_ - now_, 5s);
}

TEST_F(DhcpClientTest, StartsOverAfterANakButNotAtOnce) {
    const DhcpMessage first = request();
    const auto step = client_.on_message(answer(first, DhcpType::nak), now_);
    ASSERT_TRUE(waits(step));
    EXPECT_EQ(std::get<DhcpClient::Wait>(step).until, now_ + 1s);
    EXPECT_THAT(client_.last_refusal(), HasSubstr("a NAK of 10.77.0.100 from 10.77.0.1"));
    EXPECT_TRUE(waits(client_.on_message(answer(first, DhcpType::ack), now_)));
    EXPECT_EQ(sent(client_.on_time(now_ + 1s)).type(), DhcpType::discover);
    EXPECT_NE(last_.xid, first.xid);
}

TEST_F(DhcpClientTest, IgnoresANakOfAServerThatWasNotAsked) {
    DhcpMessage nak = answer(request(), DhcpType::nak);
    set(nak, 54, {10, 77, 0, 9});
    EXPECT_TRUE(waits(client_.on_message(nak, now_)));
    EXPECT_TRUE(std::holds_alternative<DhcpClient::Bound>(
        client_.on_message(answer(last_, DhcpType::ack), now_)));
}

TEST_F(DhcpClientTest, IgnoresAnswersToOthers) {
    const DhcpMessage discover = start();
    DhcpMessage other = answer(discover, DhcpType::offer);
    other.xid ^= 1U;
    EXPECT_TRUE(waits(client_.on_message(other, now_)));
    other = answer(discover, DhcpType::offer);
    other.hardware = Mac::parse("000b82123457").value();
    EXPECT_TRUE(waits(client_.on_message(other, now_)));
    other = answer(discover, DhcpType::offer);
    other.reply = false;
    EXPECT_TRUE(waits(client_.on_message(other, now_)));
    EXPECT_TRUE(waits(client_.on_message(answer(discover, DhcpType::ack), now_)));
    EXPECT_EQ(client_.last_refusal(), "");
}

TEST_F(DhcpClientTest, TakesTheFirstOfTwoOffers) {
    const DhcpMessage discover = start();
    sent(client_.on_message(answer(discover, DhcpType::offer), now_));
    DhcpMessage second = answer(discover, DhcpType::offer);
    second.yours = Ipv4{0x0A4D0065};
    EXPECT_TRUE(waits(client_.on_message(second, now_)));
    EXPECT_TRUE(std::holds_alternative<DhcpClient::Bound>(
        client_.on_message(answer(last_, DhcpType::ack), now_)));
}

TEST_F(DhcpClientTest, RefusesOffersThatAreNone) {
    const DhcpMessage discover = start();
    DhcpMessage offer = answer(discover, DhcpType::offer);
    drop(offer, 54);
    EXPECT_TRUE(waits(client_.on_message(offer, now_)));
    EXPECT_THAT(client_.last_refusal(), HasSubstr("without a server"));
    for (const std::uint32_t address : {0U, 0x7F000001U, 0xE0000001U, 0xFFFFFFFFU}) {
        offer = answer(discover, DhcpType::offer);
        offer.yours = Ipv4{address};
        EXPECT_TRUE(waits(client_.on_message(offer, now_)));
        EXPECT_THAT(client_.last_refusal(), HasSubstr("no host's address"));
    }
    offer = answer(discover, DhcpType::offer);
    drop(offer, 53);
    EXPECT_TRUE(waits(client_.on_message(offer, now_)));
    EXPECT_THAT(client_.last_refusal(), HasSubstr("message type"));
}

TEST_F(DhcpClientTest, RefusesAcksThatAreNoLease) {
    const DhcpMessage asked = request();
    DhcpMessage ack = answer(asked, DhcpType::ack);
    drop(ack, 51);
    EXPECT_TRUE(waits(client_.on_message(ack, now_)));
    EXPECT_THAT(client_.last_refusal(), HasSubstr("lease time"));
    ack = answer(asked, DhcpType::ack);
    set(ack, 1, {255, 0, 255, 0});
    EXPECT_TRUE(waits(client_.on_message(ack, now_)));
    EXPECT_THAT(client_.last_refusal(), HasSubstr("subnet mask"));
    ack = answer(asked, DhcpType::ack);
    ack.yours = Ipv4{0x0A4D0065};
    EXPECT_TRUE(waits(client_.on_message(ack, now_)));
    EXPECT_THAT(client_.last_refusal(), HasSubstr("10.77.0.100 was requested"));
}

TEST_F(DhcpClientTest, GuessesTheSubnetByClassWithoutAMask) {
    DhcpMessage ack = answer(request(), DhcpType::ack);
    drop(ack, 1);
    const auto step = client_.on_message(ack, now_);
    EXPECT_EQ(std::get<DhcpClient::Bound>(step).lease.prefix_size, 8);
}

TEST_F(DhcpClientTest, SaysNothingMoreOnceBound) {
    const DhcpMessage ack = answer(request(), DhcpType::ack);
    client_.on_message(ack, now_);
    EXPECT_TRUE(waits(client_.on_message(ack, now_)));
    EXPECT_TRUE(waits(client_.on_time(now_ + 1h)));
}

TEST_F(DhcpClientTest, ReleasesToTheServerThatGaveTheLease) {
    const auto step = client_.on_message(answer(request(), DhcpType::ack), now_);
    const DhcpMessage release = dhcp_release(identity_, std::get<DhcpClient::Bound>(step).lease, 7);
    EXPECT_EQ(release.type(), DhcpType::release);
    EXPECT_EQ(release.client.text(), "10.77.0.100");
    EXPECT_EQ(release.number32(54), 0x0A4D0001U);
    EXPECT_EQ(to_hex(*release.option(61)), "01000b82123456");
}

} // namespace
} // namespace plugtone
