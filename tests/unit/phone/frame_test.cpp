#include "phone/frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plugtone {
namespace {

using testing::HasSubstr;

UdpFrame sample(std::size_t payload_size) {
    UdpFrame frame;
    frame.source = Mac::parse("000b82123456").value();
    frame.destination = Mac::parse("ffffffffffff").value();
    frame.from = Ipv4{};
    frame.to = Ipv4{0xFFFFFFFF};
    frame.from_port = 68;
    frame.to_port = 67;
    for (std::size_t at = 0; at < payload_size; ++at)
        frame.payload.push_back(static_cast<std::uint8_t>(at * 7));
    return frame;
}

std::string complaint(ByteView bytes) {
    const auto frame = decode_udp_frame(bytes, UdpChecksum::computed);
    return frame ? "taken" : frame.error().message;
}

TEST(Frame, ComesBackAsItWasEncoded) {
    for (const std::size_t size : {0U, 1U, 300U, 301U, 1472U, 65507U}) {
        const Bytes bytes = encode_udp_frame(sample(size));
        EXPECT_EQ(decode_udp_frame(bytes, UdpChecksum::computed).value(), sample(size)) << size;
    }
}

// The sums were worked out apart from this code.
TEST(Frame, HasTheChecksumsOfRfc1071) {
    const Bytes bytes = encode_udp_frame(sample(4));
    EXPECT_EQ(to_hex(ByteView(bytes).subspan(14)), "45100020000000004011"
                                                   "7abe"
                                                   "00000000ffffffff"
                                                   "00440043000c"
                                                   "f133"
                                                   "00070e15");
}

TEST(Frame, NoticesEveryFlippedBit) {
    const Bytes good = encode_udp_frame(sample(21));
    for (std::size_t at = 14; at < good.size(); ++at)
        for (unsigned bit = 0; bit < 8; ++bit) {
            Bytes bad = good;
            bad[at] = static_cast<std::uint8_t>(bad[at] ^ (1U << bit));
            EXPECT_FALSE(decode_udp_frame(bad, UdpChecksum::computed)) << at << " " << bit;
        }
}

TEST(Frame, TakesAWrongUdpChecksumOnlyIfItWasNeverComputed) {
    Bytes bytes = encode_udp_frame(sample(8));
    bytes[40] ^= 0x55U;
    EXPECT_THAT(complaint(bytes), HasSubstr("wrong UDP checksum"));
    EXPECT_TRUE(decode_udp_frame(bytes, UdpChecksum::not_computed));
    bytes[40] = bytes[41] = 0; // the sender made none
    EXPECT_TRUE(decode_udp_frame(bytes, UdpChecksum::computed));
}

TEST(Frame, IgnoresEthernetPadding) {
    Bytes bytes = encode_udp_frame(sample(2));
    bytes.resize(60);
    EXPECT_EQ(decode_udp_frame(bytes, UdpChecksum::computed)->payload.size(), 2U);
}

TEST(Frame, RefusesEveryShorterCopyOfItself) {
    const Bytes whole = encode_udp_frame(sample(10));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(decode_udp_frame(cut, UdpChecksum::not_computed)) << size;
    }
}

TEST(Frame, RefusesOtherProtocols) {
    Bytes bytes = encode_udp_frame(sample(10));
    bytes[12] = 0x86;
    bytes[13] = 0xDD;
    EXPECT_THAT(complaint(bytes), HasSubstr("not IPv4"));
}

} // namespace
} // namespace plugtone
