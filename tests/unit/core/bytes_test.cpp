#include "core/base/bytes.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(Bytes, HexGoesBothWays) {
    const Bytes bytes = {0x00, 0x0f, 0xf0, 0xff};
    EXPECT_EQ(to_hex(bytes), "000ff0ff");
    EXPECT_EQ(from_hex("000FF0ff"), bytes);
    EXPECT_EQ(to_hex({}), "");
    EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(Bytes, HexRefusesOddLengthsAndOtherCharacters) {
    for (const char* text : {"0", "000", "0g", "g0", "0x", " 00", "00 ", "é0"})
        EXPECT_FALSE(from_hex(text)) << text;
}

TEST(Bytes, KnowsEveryHexDigit) {
    EXPECT_EQ(hex_digit('0'), 0);
    EXPECT_EQ(hex_digit('9'), 9);
    EXPECT_EQ(hex_digit('a'), 10);
    EXPECT_EQ(hex_digit('F'), 15);
    for (const char character : {'/', ':', '@', 'G', '`', 'g', '\0', '\xff'})
        EXPECT_EQ(hex_digit(character), -1);
}

TEST(Bytes, TextAndBytesAreTheSameMemory) {
    EXPECT_EQ(as_text(as_bytes("a\xff")), "a\xff");
    EXPECT_TRUE(as_bytes("").empty());
}

// FIPS 180-2, appendix B.1, and the empty message.
TEST(Bytes, Sha256GivesThePublishedDigests) {
    EXPECT_EQ(sha256_hex(as_bytes("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

} // namespace
} // namespace plugtone
