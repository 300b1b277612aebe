#include "phone/dhcp_message.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t file_at = 108;
constexpr std::size_t server_name_at = 44;
constexpr std::size_t options_at = 240;

DhcpMessage sample() {
    DhcpMessage message;
    message.reply = true;
    message.hops = 2;
    message.xid = 0x12345678;
    message.seconds = 300;
    message.broadcast = true;
    message.client = Ipv4{0x0A000001};
    message.yours = Ipv4{0x0A4D0064};
    message.next = Ipv4{0x0A4D0002};
    message.relay = Ipv4{0x0A4D0003};
    message.hardware = Mac::parse("000b82123456").value();
    message.server_name = "boot";
    message.boot_file = "pxe/file";
    message.options = {{53, {2}}, {54, {10, 77, 0, 1}}, {80, {}}};
    return message;
}

// A reply whose options field is these bytes.
Bytes with_options(const Bytes& options) {
    DhcpMessage message = sample();
    message.options.clear();
    Bytes bytes = encode_dhcp(message);
    bytes.resize(options_at);
    bytes.insert(bytes.end(), options.begin(), options.end());
    return bytes;
}

void put(Bytes& bytes, std::size_t at, const Bytes& part) {
    std::copy(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

std::string complaint(ByteView bytes) {
    const auto message = decode_dhcp(bytes);
    return message ? "taken" : message.error().message;
}

TEST(DhcpMessage, ComesBackAsItWasEncoded) {
    const Bytes bytes = encode_dhcp(sample());
    EXPECT_EQ(bytes.size(), dhcp_size_min);
    EXPECT_EQ(decode_dhcp(bytes).value(), sample());
}

TEST(DhcpMessage, PutsTheFieldsWhereRfc2131HasThem) {
    const Bytes bytes = encode_dhcp(sample());
    EXPECT_EQ(to_hex(ByteView(bytes).first(12)), "02010602123456780"
                                                 "12c8000");
    EXPECT_EQ(to_hex(ByteView(bytes).subspan(16, 4)), "0a4d0064");
    EXPECT_EQ(to_hex(ByteView(bytes).subspan(28, 16)), "000b8212345600000000000000000000");
    EXPECT_EQ(to_hex(ByteView(bytes).subspan(236, 4)), "63825363");
    EXPECT_EQ(to_hex(ByteView(bytes).subspan(240, 12)), "35010236040a4d00015000ff");
}

TEST(DhcpMessage, SplitsAndJoinsLongOptions) {
    for (const std::size_t size : {255U, 256U, 510U, 700U}) {
        DhcpMessage message = sample();
        message.options.push_back({43, Bytes(size, 0xAB)});
        const Bytes bytes = encode_dhcp(message);
        EXPECT_EQ(decode_dhcp(bytes).value(), message) << size;
    }
}

TEST(DhcpMessage, JoinsPiecesThatOthersSeparate) {
    const auto message = decode_dhcp(with_options({66, 2, 'a', 'b', 53, 1, 5, 66, 1, 'c', 255}));
    EXPECT_EQ(*message->option(66), (Bytes{'a', 'b', 'c'}));
    EXPECT_EQ(message->type(), DhcpType::ack);
}

TEST(DhcpMessage, ReadsOverloadedFieldsFileBeforeSname) {
    Bytes bytes = with_options({52, 1, 3, 66, 1, 'a', 255});
    put(bytes, file_at, {66, 1, 'b', 255});
    put(bytes, server_name_at, {66, 1, 'c', 255});
    const auto message = decode_dhcp(bytes);
    ASSERT_TRUE(message) << message.error().message;
    EXPECT_EQ(*message->option(66), (Bytes{'a', 'b', 'c'}));
    EXPECT_EQ(message->option(52), nullptr);
    EXPECT_EQ(message->boot_file, "");
    EXPECT_EQ(message->server_name, "");
}

TEST(DhcpMessage, LeavesAFieldAloneThatIsNotOverloaded) {
    Bytes bytes = with_options({52, 1, 1, 255});
    put(bytes, file_at, {53, 1, 2, 255});
    const auto message = decode_dhcp(bytes);
    EXPECT_EQ(message->type(), DhcpType::offer);
    EXPECT_EQ(message->server_name, "boot");
}

TEST(DhcpMessage, RefusesBadOverload) {
    EXPECT_THAT(complaint(with_options({52, 1, 4, 255})), HasSubstr("want 1, 2 or 3, got 0x04"));
    EXPECT_THAT(complaint(with_options({52, 2, 1, 1, 255})), HasSubstr("got 0x0101"));
    Bytes nested = with_options({52, 1, 1, 255});
    put(nested, file_at, {52, 1, 2, 255});
    EXPECT_THAT(complaint(nested), HasSubstr("overloaded field"));
    Bytes endless = with_options({52, 1, 2, 255});
    put(endless, server_name_at, Bytes(64, 0));
    EXPECT_THAT(complaint(endless), HasSubstr("field 'sname': the end option (255) is missing"));
}

TEST(DhcpMessage, RefusesOptionsThatDoNotFit) {
    EXPECT_THAT(complaint(with_options({66, 5, 'a', 'b'})),
                HasSubstr("option 66 wants 5 bytes, only 2 are left"));
    EXPECT_THAT(complaint(with_options({0, 0, 66})), HasSubstr("option 66 has no length"));
    EXPECT_THAT(complaint(with_options({53, 1, 2})), HasSubstr("the end option (255) is missing"));
    EXPECT_THAT(complaint(with_options({})), HasSubstr("the end option (255) is missing"));
}

TEST(DhcpMessage, IgnoresWhatStandsBehindTheEnd) {
    EXPECT_EQ(decode_dhcp(with_options({53, 1, 2, 255, 66, 200}))->options.size(), 1U);
}

TEST(DhcpMessage, RefusesWhatIsNoDhcpOverEthernet) {
    Bytes bytes = encode_dhcp(sample());
    EXPECT_THAT(complaint(ByteView(bytes).first(239)), HasSubstr("got 239"));
    EXPECT_THAT(complaint(Bytes{}), HasSubstr("got 0"));
    EXPECT_THAT(complaint(Bytes(dhcp_size_max + 1, 0)), HasSubstr("got 16385"));
    bytes[0] = 3;
    EXPECT_THAT(complaint(bytes), HasSubstr("want operation 1 or 2, got 3"));
    bytes[0] = 2;
    bytes[2] = 16;
    EXPECT_THAT(complaint(bytes), HasSubstr("want Ethernet"));
    bytes[2] = 6;
    bytes[236] = 0;
    EXPECT_THAT(complaint(bytes), HasSubstr("magic cookie"));
}

TEST(DhcpMessage, NeverReadsPastAnyShorterCopyOfItself) {
    const Bytes whole = encode_dhcp(sample());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_EQ(decode_dhcp(cut).has_value(), size >= options_at + 12) << size;
    }
}

TEST(DhcpMessage, ReadsTypedOptionsOnlyOfTheirForm) {
    DhcpMessage message;
    message.options = {{3, {10, 0, 0, 1, 10, 0, 0, 2}},
                       {6, {10, 0, 0}},
                       {51, {0, 0, 14, 16}},
                       {53, {9}},
                       {54, {}}};
    EXPECT_THAT(message.addresses(3).value(), ElementsAre(Ipv4{0x0A000001}, Ipv4{0x0A000002}));
    EXPECT_EQ(message.address(3), Ipv4{0x0A000001});
    EXPECT_EQ(message.addresses(6), std::nullopt);
    EXPECT_EQ(message.addresses(54), std::nullopt);
    EXPECT_EQ(message.number32(51), 3600U);
    EXPECT_EQ(message.number32(3), std::nullopt);
    EXPECT_EQ(message.type(), std::nullopt);
}

} // namespace
} // namespace plugtone
