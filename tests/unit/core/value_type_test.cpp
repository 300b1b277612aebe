#include "core/classes/value_type.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::HasSubstr;
using testing::Not;

const ValueType protocol =
    EnumerationType{{{"0", "TFTP", "TFTP"}, {"1", "", "HTTP, old"}, {"2", "HTTPS", "HTTPS"}}};

struct Sample {
    ValueType type;
    std::vector<std::string> good;
    std::vector<std::string> bad;
};

std::vector<Sample> samples() {
    return {
        {BoolType{}, {"0", "1"}, {"", "2", "yes", "01"}},
        {protocol, {"0", "1", "2"}, {"", "3", "TFTP", " 0"}},
        {IntegerType{-5, 7, "", false},
         {"-5", "0", "7"},
         {"", "8", "-6", "1.5", "7 ", "0x1", "+1"}},
        {IntegerType{0, 9, "", true}, {"", "9"}, {"10"}},
        {HostType{},
         {"", "sip.example.net", "192.0.2.1", "a_b:5060", "2001:db8::1", "[2001:db8::1]",
          "[2001:db8::1]:5060", "::ffff:192.0.2.1"},
         {"http://x", "a/b", "a b", "a:0", "a:65536", "a:x", ":5060", "[::1", "[x]:1",
          "[::1]5060"}},
        {PathType{12},
         {"", "h", "h/x", "h:81/a/b", "10.0.0.1/gs"},
         {"http://h", "/gs", "h /x", "much-longer-than-that/x"}},
        {SecretType{2, 4, false}, {"ab", "abcd", "é"}, {"", "a", "abcde"}},
        {SecretType{4, 4, true}, {"0aFf"}, {"0aF", "0aFg", "0aFff"}},
        {TextType{3}, {"", "é", "a=b"}, {"abcd", "éé"}},
    };
}

TEST(ValueType, TakesWhatIsOfTheTypeAndNothingElse) {
    for (const Sample& sample : samples()) {
        for (const std::string& value : sample.good)
            EXPECT_TRUE(check_value(sample.type, value)) << describe(sample.type) << ": " << value;
        for (const std::string& value : sample.bad)
            EXPECT_FALSE(check_value(sample.type, value)) << describe(sample.type) << ": " << value;
    }
}

TEST(ValueType, SaysWhatIsAllowedAndWhatCame) {
    EXPECT_EQ(check_value(protocol, "7").error().message,
              "want 0 (TFTP), 1 (HTTP, old) or 2 (HTTPS), got '7'");
    EXPECT_EQ(check_value(IntegerType{60, 86400, "minutes", true}, "5").error().message,
              "want 60 to 86400 minutes, or nothing, got '5'");
    EXPECT_EQ(check_value(BoolType{}, "\n").error().message, "want 0 (no) or 1 (yes), got '\\x0a'");
    EXPECT_THAT(check_value(PathType{}, "https://h").error().message,
                HasSubstr("without http:// in front"));
}

TEST(ValueType, NeverShowsASecret) {
    for (const ValueType& type : {ValueType(SecretType{1, 4, false}),
                                  ValueType(SecretType{4, 7, true}), ValueType(TextType{3})}) {
        const Done refused = check_value(type, "hush-hu");
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message, Not(HasSubstr("hush")));
    }
    EXPECT_EQ(check_value(SecretType{4, 7, true}, "hush-hu").error().message,
              "want a secret of 4 to 7 hex digits, got 7 bytes with others among them");
}

TEST(ValueType, TellsWhatAValueMeans) {
    EXPECT_EQ(meaning_of(protocol, "1"), "HTTP, old");
    EXPECT_EQ(meaning_of(protocol, "9"), "");
    EXPECT_EQ(meaning_of(BoolType{}, "1"), "yes");
    EXPECT_EQ(meaning_of(HostType{}, "x"), "");
}

TEST(ValueType, WordsOfAliasFilesComeBack) {
    EXPECT_EQ(to_word(BoolType{}, "1"), "Yes");
    EXPECT_EQ(from_word(BoolType{}, "No"), "0");
    EXPECT_EQ(to_word(protocol, "2"), "HTTPS");
    EXPECT_EQ(from_word(protocol, "HTTPS"), "2");
    EXPECT_EQ(to_word(protocol, "1"), "1") << "without a word, the code itself";
    EXPECT_EQ(from_word(protocol, "1"), "1");
    EXPECT_EQ(to_word(TextType{}, "Yes"), "Yes");
    EXPECT_EQ(from_word(BoolType{}, "perhaps"), "perhaps")
        << "what is no word stays, to be refused";
}

} // namespace
} // namespace plugtone
