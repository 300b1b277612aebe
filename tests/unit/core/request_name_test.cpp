#include "core/names/request_name.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(RequestName, DropsWhatDevicesPutInFront) {
    for (const char* name : {"gs/cfg.xml", "/gs/cfg.xml", "//gs//cfg.xml", "./gs/./cfg.xml",
                             "/./gs/cfg.xml", "gs/cfg.xml/", "gs/cfg.xml/."})
        EXPECT_EQ(*normalise_request_name(name), "gs/cfg.xml") << name;
}

TEST(RequestName, LeavesDotsInNamesAlone) {
    EXPECT_EQ(*normalise_request_name("/a..b/...x/.y"), "a..b/...x/.y");
    EXPECT_EQ(*normalise_request_name("büro/ü"), "büro/ü");
}

TEST(RequestName, RefusesTheWayUp) {
    for (const char* name : {"..", "/..", "../x", "a/../b", "a/..", "a/./../b"})
        EXPECT_EQ(normalise_request_name(name).error().message, "name: '..' is refused") << name;
}

TEST(RequestName, RefusesWhatCouldActSomewhere) {
    for (const std::string_view name :
         {std::string_view("a\0b", 3), std::string_view("a\nb"), std::string_view("\x1b[2J"),
          std::string_view("a\x7f"), std::string_view("..\\..\\x")}) {
        const auto refused = normalise_request_name(name);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().message.find_first_of("\n\x1b\x7f"), std::string::npos);
    }
}

TEST(RequestName, RefusesNoNameAndTooLongAName) {
    for (const char* name : {"", "/", "//", ".", "./."})
        EXPECT_FALSE(normalise_request_name(name)) << name;
    EXPECT_TRUE(normalise_request_name(std::string(request_name_size_max, 'a')));
    EXPECT_FALSE(normalise_request_name(std::string(request_name_size_max + 1, 'a')));
}

} // namespace
} // namespace plugtone
