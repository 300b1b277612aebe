#include "core/classes/parameter.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

ParameterName name_of(std::string_view text) {
    return *ParameterName::parse(text);
}

TEST(Parameter, NameIsWrittenInOneWay) {
    EXPECT_EQ(name_of("P270").text(), "P270");
    EXPECT_EQ(name_of("p270").text(), "P270");
    EXPECT_EQ(name_of("p27a").text(), "P27A");
    EXPECT_EQ(name_of("P99999").text(), "P99999");
}

TEST(Parameter, RefusesOtherNames) {
    for (const char* text : {"", "P", "270", "Q270", "P0", "P027", "P100000", "P27AB", "PA", "P-1",
                             "P+1", "P 1", "P1 ", "P1.2", "__admin", "P1=", "PP1"}) {
        const auto refused = ParameterName::parse(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_NE(refused.error().message.find("want P and a number"), std::string::npos);
    }
}

TEST(Parameter, SetIsInNumericOrder) {
    const ParameterSet set = {
        {name_of("P1000"), ""}, {name_of("P2"), ""}, {name_of("P27A"), ""}, {name_of("P27"), ""}};
    std::string order;
    for (const auto& [name, value] : set)
        order += name.text() + " ";
    EXPECT_EQ(order, "P2 P27 P27A P1000 ");
}

TEST(Parameter, AssignmentTakesEverythingAfterTheFirstEquals) {
    EXPECT_EQ(parse_assignment("P34=p&ss<w>(1)")->value, "p&ss<w>(1)");
    EXPECT_EQ(parse_assignment("P34=a=b= c ")->value, "a=b= c ");
    EXPECT_EQ(parse_assignment("p47=sip.example.net")->name.text(), "P47");
    EXPECT_EQ(parse_assignment("P270=")->value, "") << "set to empty is not absent";
}

TEST(Parameter, AssignmentRefusesWithTheReason) {
    EXPECT_EQ(parse_assignment("P270").error().message,
              "parameter: want P=V such as P270=Desk, got 'P270'");
    EXPECT_NE(parse_assignment("=x").error().message.find("want P and a number"),
              std::string::npos);
    EXPECT_FALSE(parse_assignment(" P270=x"));
    EXPECT_FALSE(parse_assignment("P270 =x"));
    EXPECT_FALSE(parse_assignment(""));
}

TEST(Parameter, ValueIsTextThatXmlCanCarry) {
    EXPECT_TRUE(check_parameter_value(name_of("P1"), "Büro\n\t€"));
    EXPECT_EQ(check_parameter_value(name_of("P34"), "ab\x01").error().message,
              "P34: byte 3 is not a character that XML can carry (UTF-8 without control "
              "characters)");
    EXPECT_FALSE(check_parameter_value(name_of("P34"), "\xff"));
    EXPECT_FALSE(parse_assignment("P34=\x1b"));
    EXPECT_TRUE(check_parameter_value(name_of("P1"), std::string(parameter_value_size_max, 'a')));
    EXPECT_EQ(check_parameter_value(name_of("P1"), std::string(parameter_value_size_max + 1, 'a'))
                  .error()
                  .message,
              "P1: want at most 8192 bytes, got 8193");
}

// A refusal goes to logs and terminals, and P34 is a password.
TEST(Parameter, RefusalDoesNotTellTheValue) {
    EXPECT_EQ(parse_assignment("P34=topsecret\x01").error().message.find("topsecret"),
              std::string::npos);
}

TEST(Parameter, MoreSpecificSetWins) {
    ParameterSet site = {{name_of("P1"), "site"}, {name_of("P2"), "site"}};
    overlay(site, {{name_of("P2"), "device"}, {name_of("P3"), ""}});
    const ParameterSet wanted = {
        {name_of("P1"), "site"}, {name_of("P2"), "device"}, {name_of("P3"), ""}};
    EXPECT_EQ(site, wanted);
}

} // namespace
} // namespace plugtone
