#include "tftpd/http_target.hpp"

#include <gtest/gtest.h>

namespace plugtone::tftpd {
namespace {

TEST(HttpTarget, BecomesAName) {
    const std::pair<const char*, const char*> cases[] = {
        {"/cfg.xml", "cfg.xml"},
        {"//cfg.xml", "cfg.xml"},
        {"/./a/./b", "a/b"},
        {"/cfg000b82123456.xml?mac=000b82123456", "cfg000b82123456.xml"},
        {"/cfg.xml?", "cfg.xml"},
        {"/a%20b", "a b"},
        {"/%63fg.xml", "cfg.xml"},
        {"/a%2fb", "a/b"},
        {"/a+b", "a+b"},
        {"/a%3Fb", "a?b"},
        {"/%2541", "%41"}, // decoded once, not twice
        {"/gs_%40", "gs_@"},
        {"http://192.0.2.1/cfg.xml", "cfg.xml"},
        {"HTTP://host:80/a/b", "a/b"},
        {"/caf%C3%A9", "caf\xC3\xA9"},
    };
    for (const auto& [target, name] : cases) {
        const auto decoded = decode_http_target(target);
        ASSERT_TRUE(decoded) << target << ": " << decoded.error().message;
        EXPECT_EQ(*decoded, name) << target;
    }
}

TEST(HttpTarget, RefusesWhatIsNoName) {
    const std::string refused[] = {"",
                                   "/",
                                   "*",
                                   "cfg.xml",
                                   "http://host",
                                   "/..",
                                   "/a/../b",
                                   "/%2e%2e/x",
                                   "/a%2F..%2fb",
                                   "/a\\b",
                                   "/a%5Cb",
                                   "/a%00",
                                   "/a%0Ab",
                                   "/a%7F",
                                   "/a%",
                                   "/a%4",
                                   "/a%zz",
                                   "/a%4g",
                                   "/a#b",
                                   "/a b",
                                   "https://h/x",
                                   std::string("/a\0b", 4),
                                   "/" + std::string(513, 'a'),
                                   "/" + std::string(http_target_size_max, '/')};
    for (const std::string& target : refused)
        EXPECT_FALSE(decode_http_target(target)) << testing::PrintToString(target);
}

TEST(HttpTarget, EncodesSoThatDecodingGivesTheNameBack) {
    for (const std::string name :
         {"cfg.xml", "gs_boot.bin_1.0.7.5", "a b/c%d?e#f+g@h", "caf\xC3\xA9", "100%"}) {
        const auto decoded = decode_http_target(encode_http_target(name));
        ASSERT_TRUE(decoded) << name;
        EXPECT_EQ(*decoded, name);
    }
}

} // namespace
} // namespace plugtone::tftpd
