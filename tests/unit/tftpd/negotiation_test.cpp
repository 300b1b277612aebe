#include "tftpd/negotiation.hpp"

#include <gtest/gtest.h>

namespace plugtone::tftpd {
namespace {

using Acknowledged = std::vector<std::pair<std::string, std::string>>;

constexpr std::uint64_t file_size = 4096;

Agreement agree(const std::vector<Option>& options) {
    const auto agreement = negotiate(options, file_size, {});
    EXPECT_TRUE(agreement);
    return agreement.value_or(Agreement{});
}

TEST(Negotiation, WithoutOptionsIsPlainRfc1350) {
    const Agreement agreement = agree({});
    EXPECT_EQ(agreement.blksize, 512U);
    EXPECT_FALSE(agreement.timeout);
    EXPECT_TRUE(agreement.acknowledged.empty());
}

TEST(Negotiation, EchoesNamesAsTheClientWroteThem) {
    const Agreement agreement = agree({{"BlkSize", "1024"}, {"TSIZE", "0"}, {"timeout", "4"}});
    EXPECT_EQ(agreement.blksize, 1024U);
    EXPECT_EQ(agreement.timeout, std::chrono::seconds(4));
    EXPECT_EQ(agreement.acknowledged,
              (Acknowledged{{"BlkSize", "1024"}, {"timeout", "4"}, {"TSIZE", "4096"}}));
}

TEST(Negotiation, ClampsBlksizeToTheServersLimit) {
    const Agreement agreement = agree({{"blksize", "65464"}});
    EXPECT_EQ(agreement.blksize, 1468U);
    EXPECT_EQ(agreement.acknowledged, (Acknowledged{{"blksize", "1468"}}));
}

TEST(Negotiation, AgreesOnAWindowUpToItsLimit) {
    EXPECT_EQ(agree({}).windowsize, 1U);
    EXPECT_EQ(agree({{"windowsize", "16"}}).windowsize, 16U);
    const Agreement clamped = agree({{"WindowSize", "65535"}});
    EXPECT_EQ(clamped.windowsize, 64U);
    EXPECT_EQ(clamped.acknowledged, (Acknowledged{{"WindowSize", "64"}}));
    EXPECT_EQ(agree({{"windowsize", "0"}}).windowsize, 1U);
    EXPECT_EQ(agree({{"windowsize", "65536"}}).windowsize, 1U);
}

TEST(Negotiation, LeavesOutValuesOutsideTheirRange) {
    const std::pair<const char*, const char*> refused[] = {
        {"blksize", "7"},    {"blksize", "65465"}, {"blksize", ""},
        {"blksize", "-1"},   {"blksize", "512 "},  {"blksize", "99999999999999999999"},
        {"timeout", "0"},    {"timeout", "61"},    {"timeout", "256"},
        {"timeout", "four"}, {"tsize", "big"},     {"tsize", ""}};
    for (const auto& [name, value] : refused) {
        const Agreement agreement = agree({{name, value}});
        EXPECT_TRUE(agreement.acknowledged.empty()) << name << '=' << value;
        EXPECT_EQ(agreement.blksize, 512U) << name << '=' << value;
        EXPECT_FALSE(agreement.timeout) << name << '=' << value;
    }
    EXPECT_EQ(agree({{"blksize", "8"}}).blksize, 8U);
}

TEST(Negotiation, TellsNoSizeOfAnEmptyFile) {
    const auto agreement = negotiate({{"tsize", "0"}}, 0, {});
    ASSERT_TRUE(agreement);
    EXPECT_TRUE(agreement->acknowledged.empty());
}

TEST(Negotiation, IgnoresUnknownOptions) {
    const std::vector<Option> options = {
        {"grandstream_ID", "000b8209ba7d"}, {"grandstream_MODEL", "GXV-3000"}, {"multicast", "8"}};
    EXPECT_TRUE(agree(options).acknowledged.empty());
}

TEST(Negotiation, RefusesAKnownOptionThatStandsTwice) {
    EXPECT_FALSE(negotiate({{"blksize", "512"}, {"BLKSIZE", "1024"}}, file_size, {}));
    EXPECT_TRUE(negotiate({{"grandstream_NAT", "1"}, {"grandstream_NAT", "1"}}, file_size, {}));
}

} // namespace
} // namespace plugtone::tftpd
