#include "tftpd/codec.hpp"

#include <gtest/gtest.h>

#include <string>

namespace plugtone::tftpd {
namespace {

using namespace std::string_literals;

Bytes bytes(const std::string& text) {
    const ByteView view = as_bytes(text);
    return {view.begin(), view.end()};
}

// The request of a GXV-3000 boot loader, as Grandstream's GXE502X manual shows it (page 80).
const std::string gxv_request = "\0\1/GXV-3000/cfg000b8209ba7d\0octet\0blksize\0"
                                "1024\0tsize\0000\0timeout\0004\0grandstream_MODEL\0GXV-3000\0"
                                "grandstream_NAT\0001\0grandstream_ID\0000b8209ba7d\0"
                                "grandstream_REV_BOOT\000001.001.003.002\0"
                                "grandstream_REV_PHONE\000001.001.003.014\0"s;

TEST(Codec, ReadsTheRequestOfARealBootLoader) {
    const auto datagram = bytes(gxv_request);
    const auto packet = decode_packet(datagram);
    ASSERT_TRUE(packet) << packet.error().message;
    const auto& request = std::get<Request>(*packet);
    EXPECT_FALSE(request.is_write);
    EXPECT_EQ(request.name, "/GXV-3000/cfg000b8209ba7d");
    EXPECT_EQ(request.mode, "octet");
    ASSERT_EQ(request.options.size(), 8U);
    EXPECT_EQ(request.options[1], (Option{"tsize", "0"}));
    EXPECT_EQ(request.options[3], (Option{"grandstream_MODEL", "GXV-3000"}));
    EXPECT_EQ(encode_packet(*packet), datagram);
}

TEST(Codec, EncodesWhatItDecodes) {
    const Bytes payload = bytes("payload");
    const Packet packets[] = {
        Request{false, "cfg.xml", "octet", {}},
        Request{true, "x", "netascii", {{"blksize", "1468"}, {"empty", ""}}},
        Data{65535, payload},
        Data{0, {}},
        Ack{258},
        ErrorPacket{ErrorCode::not_found, "file not found"},
        OptionAck{{{"tsize", "123"}}},
    };
    for (const Packet& packet : packets) {
        const Bytes datagram = encode_packet(packet);
        const auto again = decode_packet(datagram);
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(*again, packet);
    }
}

TEST(Codec, WritesBigEndianNumbers) {
    EXPECT_EQ(encode_packet(Ack{0x0102}), bytes("\0\4\1\2"s));
    EXPECT_EQ(encode_packet(ErrorPacket{ErrorCode::unknown_transfer, "no"}),
              bytes("\0\5\0\5no\0"s));
    std::array<std::uint8_t, 4> header{};
    write_data_header(0xFFFE, header);
    EXPECT_EQ(header, (std::array<std::uint8_t, 4>{0, 3, 0xFF, 0xFE}));
}

TEST(Codec, RefusesWhatIsNotExactlyOnePacket) {
    const std::string refused[] = {
        "",
        "\0"s,
        "\0\0"s,
        "\0\7x\0octet\0"s,
        "\0\1"s,
        "\0\1cfg.xml"s,
        "\0\1cfg.xml\0octet"s,
        "\0\1\0octet\0"s,
        "\0\1x\0octet\0blksize\0"s,
        "\0\1x\0octet\0blksize\0001024"s,
        "\0\1x\0octet\0\0"
        "1024\0"s,
        "\0\3\0"s,
        "\0\4\0"s,
        "\0\4\0\1\0"s,
        "\0\5\0"s,
        "\0\6blksize\0"s,
    };
    for (const std::string& text : refused)
        EXPECT_FALSE(decode_packet(bytes(text))) << testing::PrintToString(text);
}

TEST(Codec, RefusesARequestLongerThan512Bytes) {
    const std::string frame = "\0\1\0octet\0"s;
    const auto request_of = [&](std::size_t size) {
        return bytes("\0\1"s + std::string(size - frame.size(), 'a') + "\0octet\0"s);
    };
    EXPECT_TRUE(decode_packet(request_of(512)));
    EXPECT_FALSE(decode_packet(request_of(513)));
}

TEST(Codec, RefusesMoreOptionsThanTheLimit) {
    std::string text = "\0\1x\0octet\0"s;
    for (std::size_t count = 0; count < options_max; ++count)
        text += "o\0v\0"s;
    EXPECT_TRUE(decode_packet(bytes(text)));
    EXPECT_FALSE(decode_packet(bytes(text + "o\0v\0"s)));
}

TEST(Codec, TakesAnErrorWhoseTextLacksItsNul) {
    const auto datagram = bytes("\0\5\0\0oops"s);
    const auto packet = decode_packet(datagram);
    ASSERT_TRUE(packet);
    EXPECT_EQ(std::get<ErrorPacket>(*packet).text, "oops");
}

TEST(Codec, RefusesADataPacketLongerThanAnyBlksize) {
    Bytes datagram(data_header_size + blksize_most, 0);
    datagram[1] = 3;
    EXPECT_TRUE(decode_packet(datagram));
    datagram.push_back(0);
    EXPECT_FALSE(decode_packet(datagram));
}

} // namespace
} // namespace plugtone::tftpd
