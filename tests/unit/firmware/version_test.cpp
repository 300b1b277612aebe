#include "agent/firmware/version.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

FirmwareVersion version(std::string_view text) {
    return FirmwareVersion::parse(text).value();
}

TEST(FirmwareVersion, ComparesNumberByNumber) {
    EXPECT_LT(version("1.0.9.99"), version("1.0.11.2"));
    EXPECT_LT(version("1.0"), version("1.0.0.1"));
    EXPECT_EQ(version("1.0"), version("1.0.0.0"));
    EXPECT_GT(version("2"), version("1.99.99"));
}

TEST(FirmwareVersion, ZerosInFrontAreTftps) {
    EXPECT_EQ(version("001.001.003.014"), version("1.1.3.14"));
    EXPECT_EQ(version("001.001.003.014").text(), "1.1.3.14");
}

TEST(FirmwareVersion, RefusesWhatIsNone) {
    for (const char* text : {"", ".", "1.", ".1", "1..2", "1.0a", "1.0 ", "-1.0",
                             "1.2.3.4.5.6.7.8.9", "1.1234567890"}) {
        const auto refused = FirmwareVersion::parse(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_THAT(refused.error().message, testing::HasSubstr("such as 1.0.11.35"));
    }
}

TEST(ReportedVersion, IsTheFirstImagesOfAList) {
    EXPECT_EQ(reported_version("(bt200e.bin:1.1.6.46/boot55e.bin:1.1.6.6)"), version("1.1.6.46"));
    EXPECT_EQ(reported_version("(bt200e.bin:1.1.6.46)"), version("1.1.6.46"));
    EXPECT_EQ(reported_version(" 1.0.11.35 "), version("1.0.11.35"));
}

TEST(ReportedVersion, IsNoneWhereNoneStands) {
    for (const char* text : {"", "(", "(bt200e.bin", "(:/)", "latest"})
        EXPECT_EQ(reported_version(text), std::nullopt) << text;
}

} // namespace
} // namespace plugtone
