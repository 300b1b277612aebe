#include "core/formats/parameter_text.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::HasSubstr;

ParameterSet set_of(std::initializer_list<std::pair<const char*, const char*>> pairs) {
    ParameterSet set;
    for (const auto& [name, value] : pairs)
        set.emplace(ParameterName::parse(name).value(), value);
    return set;
}

std::string error_of(std::string_view text) {
    const auto parsed = parse_parameter_text("t.txt", as_bytes(text));
    return parsed ? "" : parsed.error().message;
}

TEST(ParameterText, ReadsWhatTheVendorsTemplatesHold) {
    const auto parsed = parse_parameter_text(
        "t.txt",
        as_bytes("# Account 1\r\nP271 = 1\r\n\r\nP47=sip.example.net\n  P34 =a=b #c \nP3="));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed,
              set_of({{"P271", "1"}, {"P47", "sip.example.net"}, {"P34", "a=b #c"}, {"P3", ""}}));
}

TEST(ParameterText, ToleratesAByteOrderMark) {
    EXPECT_EQ(parse_parameter_text("t.txt", as_bytes("\xEF\xBB\xBFP1 = x")).value(),
              set_of({{"P1", "x"}}));
}

TEST(ParameterText, RefusesTheWholeFileWithTheLine) {
    EXPECT_THAT(error_of("P1 = x\nnonsense\n"), HasSubstr("t.txt:2: "));
    EXPECT_THAT(error_of("P1 = x\n\nQ1 = y\n"), HasSubstr("t.txt:3: "));
    EXPECT_THAT(error_of("P1 = x\nP1 = y"), HasSubstr("t.txt:2: P1 stands twice"));
    EXPECT_THAT(error_of("P1 = \x01"), HasSubstr("t.txt:1: P1"));
}

TEST(ParameterText, DoesNotShowALineThatMayHoldASecret) {
    EXPECT_THAT(error_of("P34 hunter2"), testing::Not(HasSubstr("hunter2")));
}

TEST(ParameterText, WritesWhatItReads) {
    const ParameterSet set = set_of({{"P2", "a=b"}, {"P1", ""}, {"P10", "é & <"}});
    const std::string text = render_parameter_text(set).value();
    EXPECT_EQ(text, "P1 = \nP2 = a=b\nP10 = é & <\n");
    EXPECT_EQ(parse_parameter_text("t.txt", as_bytes(text)).value(), set);
}

TEST(ParameterText, RefusesWhatALineCannotCarry) {
    for (const char* value : {" x", "x ", "a\nb", "\r"})
        EXPECT_FALSE(render_parameter_text(set_of({{"P1", value}}))) << value;
}

} // namespace
} // namespace plugtone
