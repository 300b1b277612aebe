#include "core/base/text.hpp"

#include <cstdint>

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::ElementsAre;

TEST(Text, TrimTakesBlanksOffBothEnds) {
    EXPECT_EQ(trim(" \t\r\n a b \n"), "a b");
    EXPECT_EQ(trim(" \t "), "");
    EXPECT_EQ(trim(""), "");
}

TEST(Text, WordsAreWhatStandsBetweenBlanks) {
    EXPECT_THAT(words("  a\tbc\r\n d "), ElementsAre("a", "bc", "d"));
    EXPECT_THAT(words(" \n"), ElementsAre());
    EXPECT_THAT(words("one"), ElementsAre("one"));
}

TEST(Text, LowerFoldsAsciiOnly) {
    EXPECT_EQ(lower("GXP2160-Ä@[`{"), "gxp2160-Ä@[`{");
}

TEST(Text, NumberIsWholeAndFits) {
    EXPECT_EQ(parse_number<std::uint8_t>("255"), 255);
    EXPECT_EQ(parse_number<std::int64_t>("-1"), -1);
    for (const char* text : {"", "256", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0"})
        EXPECT_FALSE(parse_number<std::uint8_t>(text)) << text;
}

TEST(Text, PrintableKeepsTextAndEscapesWhatActs) {
    EXPECT_EQ(printable("Grandstream GXP2160 Büro €😀"), "Grandstream GXP2160 Büro €😀");
    EXPECT_EQ(printable("a\nb\x1b[2J\x7f"), "a\\x0ab\\x1b[2J\\x7f");
    EXPECT_EQ(printable("a\\x0ab"), "a\\x5cx0ab") << "an escape can be told from the text";
    EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "C1 control: CSI";
    EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Text, PrintableEscapesWhatTurnsTextAround) {
    EXPECT_EQ(printable("a\u202Eb"), "a\\xe2\\x80\\xaeb");
    for (const char* text : {"\u200E", "\u200F", "\u2028", "\u202A", "\u2066", "\u2069"})
        EXPECT_FALSE(is_printable(text)) << printable(text);
    for (const char* text : {"\u200D", "\u2027", "\u202F", "\u2065", "שלום"})
        EXPECT_TRUE(is_printable(text)) << printable(text);
}

TEST(Text, PrintableEscapesWhatIsNoUtf8) {
    EXPECT_EQ(printable("\xff"
                        "a\xc3"),
              "\\xffa\\xc3");
    EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong '/'";
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "past U+10FFFF";
    EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82") << "cut off";
}

// Otherwise a name with such a character in it would make an event that its reader refuses.
TEST(Text, WhatIsPrintableCanStandInXml) {
    for (const char* text : {"\xef\xbf\xbe", "\xef\xbf\xbf", "\x01\xff\\", "ok"}) {
        EXPECT_FALSE(first_illegal_xml_byte(printable(text))) << text;
        EXPECT_TRUE(is_printable(printable(text))) << text;
    }
    for (const char* text : {"\xef\xbf\xbe", "\x01", "a\xff", "\t", "\n", "\x7f", "\xc2\x85"})
        EXPECT_FALSE(is_printable(text)) << printable(text);
}

TEST(Text, FindsTheFirstByteThatXmlForbids) {
    EXPECT_EQ(first_illegal_xml_byte("a\tb\r\nc ü"), std::nullopt);
    EXPECT_EQ(first_illegal_xml_byte("ab\x01"), 2U);
    EXPECT_EQ(first_illegal_xml_byte(std::string_view("a\0b", 3)), 1U);
    EXPECT_EQ(first_illegal_xml_byte("ü\xff"), 2U);
    EXPECT_EQ(first_illegal_xml_byte("a\xef\xbf\xbe"), 1U);
    EXPECT_EQ(first_illegal_xml_byte("\xef\xbf\xbd\xee\x80\x80"), std::nullopt);
}

TEST(Text, GlobMatchesTheWholeText) {
    EXPECT_TRUE(glob_matches("Grandstream GXP21?? *", "Grandstream GXP2160 dslforum.org"));
    EXPECT_TRUE(glob_matches("*", ""));
    EXPECT_TRUE(glob_matches("a*b*c", "aXbXbXc"));
    EXPECT_TRUE(glob_matches("", ""));
    EXPECT_FALSE(glob_matches("", "a"));
    EXPECT_FALSE(glob_matches("a", ""));
    EXPECT_FALSE(glob_matches("a*b", "abc"));
    EXPECT_FALSE(glob_matches("a?", "a"));
    EXPECT_FALSE(glob_matches("gxp*", "GXP2160")) << "case counts";
}

TEST(Text, GlobDoesNotExplodeOnHostilePatterns) {
    const std::string text(4000, 'a');
    std::string pattern;
    for (int at = 0; at < 50; ++at)
        pattern += "a*";
    EXPECT_FALSE(glob_matches(pattern + "b", text));
}

} // namespace
} // namespace plugtone
