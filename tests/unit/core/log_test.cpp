#include "core/base/log.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(LogLine, IsTheEventAndItsFields) {
    EXPECT_EQ(log_line("transfer-done", {{"peer", "10.0.0.9"}, {"bytes", "12"}}),
              "transfer-done peer=10.0.0.9 bytes=12");
    EXPECT_EQ(log_line("ready", {}), "ready");
}

TEST(LogLine, QuotesWhatWouldReadAsMoreThanOneField) {
    EXPECT_EQ(log_line("e", {{"a", ""}, {"b", "x y"}, {"c", "k=v"}, {"d", "say \"hi\""}}),
              R"(e a="" b="x y" c="k=v" d="say \"hi\"")");
}

TEST(LogLine, StaysOneLineWhateverAClientSends) {
    const std::string line = log_line("e", {{"name", "x\nerror fake=1\x1b[31m"}});
    EXPECT_EQ(line, R"(e name="x\x0aerror fake=1\x1b[31m")");
}

TEST(Log, WritesToStandardErrorFromTheLevelThatIsSet) {
    ASSERT_TRUE(set_log_level("warning"));
    testing::internal::CaptureStderr();
    log(Level::info, "not-shown");
    log(Level::warning, "shown", {{"a", "1"}});
    const std::string written = testing::internal::GetCapturedStderr();
    EXPECT_EQ(written.find("not-shown"), std::string::npos);
    EXPECT_NE(written.find("shown a=1\n"), std::string::npos);
    ASSERT_TRUE(set_log_level("info"));
}

TEST(Log, RefusesAnUnknownLevel) {
    EXPECT_FALSE(set_log_level("verbose"));
    EXPECT_FALSE(set_log_level(""));
}

} // namespace
} // namespace plugtone
