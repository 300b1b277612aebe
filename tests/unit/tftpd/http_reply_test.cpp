#include "tftpd/http_reply.hpp"

#include <gtest/gtest.h>

namespace plugtone::tftpd {
namespace {

TEST(HttpReply, WritesTheDateOfTheRfc) {
    EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(HttpReply, TheTagChangesWithHashSizeAndDate) {
    const std::string hash(64, 'a');
    const auto tag = [](std::uint64_t size, std::time_t time, std::string_view sha256) {
        return entity_tag(OpenFile{Fd(), size, {time, 5}, {}}, sha256);
    };
    EXPECT_EQ(tag(16, 255, ""), "\"10-ff.5\"");
    EXPECT_EQ(tag(16, 255, hash), '"' + std::string(32, 'a') + "-10-ff.5\"");
    EXPECT_NE(tag(16, 255, hash), tag(17, 255, hash));
    EXPECT_NE(tag(16, 255, hash), tag(16, 256, hash));
}

TEST(HttpReply, ComparesWhatTheClientHas) {
    const std::string tag = "\"10-ff.5\"";
    const std::string date = http_date(255);
    EXPECT_TRUE(is_unchanged(tag, "", tag, date));
    EXPECT_TRUE(is_unchanged("W/\"10-ff.5\"", "", tag, date));
    EXPECT_TRUE(is_unchanged("\"a\" , \"10-ff.5\"", "", tag, date));
    EXPECT_TRUE(is_unchanged("*", "", tag, date));
    EXPECT_TRUE(is_unchanged("", date, tag, date));
    EXPECT_FALSE(is_unchanged("", "", tag, date));
    EXPECT_FALSE(is_unchanged("\"a\",,", "", tag, date));
    EXPECT_FALSE(is_unchanged("\"a\"", date, tag, date)); // the tag counts first
    EXPECT_FALSE(is_unchanged("", http_date(254), tag, date));
}

} // namespace
} // namespace plugtone::tftpd
