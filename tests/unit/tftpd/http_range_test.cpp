#include "tftpd/http_range.hpp"

#include <gtest/gtest.h>

namespace plugtone::tftpd {
namespace {

constexpr const char* tag = "\"t\"";
constexpr const char* date = "Sun, 06 Nov 1994 08:49:37 GMT";

FilePart part(std::string_view range, std::uint64_t size = 1000, std::string_view if_range = "") {
    return part_of(range, if_range, size, tag, date);
}
const FilePart whole{FilePart::Kind::whole, 0, 1000};
const FilePart none{FilePart::Kind::unsatisfiable, 0, 0};

TEST(HttpRange, IsAPartOfTheFile) {
    EXPECT_EQ(part("bytes=0-499"), (FilePart{FilePart::Kind::part, 0, 500}));
    EXPECT_EQ(part("bytes=500-"), (FilePart{FilePart::Kind::part, 500, 500}));
    EXPECT_EQ(part("bytes=-1"), (FilePart{FilePart::Kind::part, 999, 1}));
    EXPECT_EQ(part("Bytes= 999 - 5000"), (FilePart{FilePart::Kind::part, 999, 1}));
    EXPECT_EQ(part("bytes=-5000"), (FilePart{FilePart::Kind::part, 0, 1000}));
    EXPECT_EQ(part("bytes=0-99999999999999999999999"), (FilePart{FilePart::Kind::part, 0, 1000}));
}

TEST(HttpRange, IsUnsatisfiableBehindTheEnd) {
    EXPECT_EQ(part("bytes=1000-"), none);
    EXPECT_EQ(part("bytes=99999999999999999999999-"), none);
    EXPECT_EQ(part("bytes=-0"), none);
    EXPECT_EQ(part("bytes=0-", 0), none);
    EXPECT_EQ(part("bytes=-1", 0), none);
}

TEST(HttpRange, IsIgnoredWhereItIsNone) {
    for (const char* range : {"", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b",
                              "bytes=0-1,5-6", "bytes=--1", "bytes=+1-2", "lines=0-1"})
        EXPECT_EQ(part(range), whole) << range;
}

TEST(HttpRange, CountsOnlyForWhatTheClientHas) {
    const FilePart half{FilePart::Kind::part, 500, 500};
    EXPECT_EQ(part("bytes=500-", 1000, tag), half);
    EXPECT_EQ(part("bytes=500-", 1000, date), half);
    EXPECT_EQ(part("bytes=500-", 1000, "\"other\""), whole);
    EXPECT_EQ(part("bytes=500-", 1000, "W/\"t\""), whole); // weak tags never match
}

} // namespace
} // namespace plugtone::tftpd
