#include "core/base/duration.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(Duration, IsANumberAndAUnit) {
    EXPECT_EQ(parse_duration("45s"), 45);
    EXPECT_EQ(parse_duration("90m"), 5400);
    EXPECT_EQ(parse_duration("24h"), 86'400);
    EXPECT_EQ(parse_duration("3650d"), 315'360'000);
}

TEST(Duration, RefusesWhatIsNone) {
    for (const char* text : {"", "h", "24", "0h", "-1h", "1.5h", "24 h", "24H", "3651d",
                             "99999999999999999999s", "1h\n"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Duration, IsWrittenAsShortAsItCanBe) {
    for (const char* text : {"1s", "61s", "90m", "1h", "25h", "1d", "7d"})
        EXPECT_EQ(duration_text(parse_duration(text).value()), text);
    EXPECT_EQ(duration_text(86'400), "1d");
    EXPECT_EQ(duration_text(0), "0s");
}

} // namespace
} // namespace plugtone
