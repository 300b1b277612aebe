#include "core/contracts/http_credentials.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(HttpCredentials, HoldDigestsAndNotThePassword) {
    const auto made = make_credentials(HttpAuth::digest, "phone", Secret("geheim"));
    // printf phone:plugtone:geheim | md5sum, sha256sum
    EXPECT_EQ(made.ha1_md5, "ae226e23286fdf0469f2ca9d311d8cfe");
    EXPECT_EQ(made.ha1_sha256, "31c2985ff50f1748fa55412a5dee7fab0d4c92c9df536075933f70e4b8680aee");
    EXPECT_EQ(encode_credentials(made).find("geheim"), std::string::npos);
}

TEST(HttpCredentials, ComeBackFromTheirText) {
    for (const char* user : {"phone", "a b:c%/\n", ""}) {
        const auto made = make_credentials(HttpAuth::basic, user, Secret("x"));
        EXPECT_EQ(decode_credentials(encode_credentials(made)), made) << user;
        EXPECT_EQ(encode_credentials(made).find_first_of(" \n"), std::string::npos);
    }
}

TEST(HttpCredentials, AreEmptyWithoutANameOrAPassword) {
    EXPECT_EQ(encode_credentials(make_credentials(HttpAuth::digest, "", Secret("x"))), "digest:::");
    EXPECT_EQ(encode_credentials(make_credentials(HttpAuth::digest, "a", Secret())), "digest:::a");
}

TEST(HttpCredentials, RefuseAnyOtherText) {
    for (const char* text : {"", "digest", "digest::", "none:::", "digest:aa:bb:c",
                             "other:::", "digest:::%", "digest:::%4", "digest:::a b"})
        EXPECT_FALSE(decode_credentials(text)) << text;
}

} // namespace
} // namespace plugtone
