#include "phone/survey.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

const Mac phone = Mac::parse("000b82123456").value();
const Mac sender = Mac::parse("020000000001").value();

DhcpMessage discover() {
    DhcpMessage message;
    message.xid = 7;
    message.hardware = phone;
    return message;
}

DhcpMessage offer() {
    DhcpMessage message = discover();
    message.reply = true;
    message.yours = Ipv4{0xC0000263};
    message.options = {{dhcp_option::message_type, {2}},
                       {dhcp_option::server_id, {192, 0, 2, 1}},
                       {dhcp_option::tftp_server, {'a'}}};
    return message;
}

TEST(Survey, SeesWhoOffersWhat) {
    const auto seen = offer_seen(discover(), offer(), sender);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->server.text(), "192.0.2.1");
    EXPECT_EQ(seen->address.text(), "192.0.2.99");
    EXPECT_EQ(seen->sender, sender);
    EXPECT_EQ(seen->option_66, Bytes{'a'});
    EXPECT_EQ(offer_line(*seen), "192.0.2.99 from 192.0.2.1 (020000000001), option 66 a");
}

TEST(Survey, TakesOnlyOffersThatAnswerIt) {
    DhcpMessage other = offer();
    other.xid = 8;
    EXPECT_FALSE(offer_seen(discover(), other, sender));
    other = offer();
    other.hardware = sender;
    EXPECT_FALSE(offer_seen(discover(), other, sender));
    other = offer();
    other.reply = false;
    EXPECT_FALSE(offer_seen(discover(), other, sender));
    other = offer();
    other.options[0].value = {5};
    EXPECT_FALSE(offer_seen(discover(), other, sender)) << "an ACK";
    other = offer();
    other.options.erase(other.options.begin() + 1);
    EXPECT_FALSE(offer_seen(discover(), other, sender)) << "of no server";
}

} // namespace
} // namespace plugtone
