#include "core/base/mac.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(Mac, ReadsTheThreeUsualForms) {
    for (const char* text :
         {"000b82a23456", "000B82A23456", "00:0b:82:a2:34:56", "00-0B-82-A2-34-56"}) {
        const auto mac = Mac::parse(text);
        ASSERT_TRUE(mac) << text;
        EXPECT_EQ(mac->text(), "000b82a23456") << text;
    }
}

TEST(Mac, RefusesAnythingElseAndSaysWhat) {
    for (const char* text :
         {"", "000b8212345", "000b821234567", "000b8212345g", "00:0b:82:12:34", "00:0b-82:12:34:56",
          "00.0b.82.12.34.56", "0:0b:82:12:34:567", " 000b82123456", "000b82123456\n",
          "00:0b:82:12:34:56:", "::::::::::::::::"}) {
        const auto mac = Mac::parse(text);
        ASSERT_FALSE(mac) << text;
        EXPECT_EQ(mac.error().kind, ErrorKind::invalid);
        EXPECT_NE(mac.error().message.find("want 12 hex digits"), std::string::npos);
    }
    EXPECT_NE(Mac::parse("x\ny").error().message.find("'x\\x0ay'"), std::string::npos);
}

TEST(Mac, TakesExactlySixBytes) {
    const Bytes six = {0x00, 0x0b, 0x82, 0xff, 0x00, 0x01};
    EXPECT_EQ(Mac::from_bytes(six)->text(), "000b82ff0001");
    EXPECT_FALSE(Mac::from_bytes(Bytes(5)));
    EXPECT_FALSE(Mac::from_bytes(Bytes(16)));
    EXPECT_FALSE(Mac::from_bytes({}));
}

TEST(Mac, IsANumberAndKnowsItsVendor) {
    const Mac mac = *Mac::parse("000b82ff0001");
    EXPECT_EQ(mac.number(), 0x000b82ff0001U);
    EXPECT_EQ(mac.oui(), 0x000b82U);
    EXPECT_EQ(Mac::parse("ffffffffffff")->number(), 0xffffffffffffU);
    EXPECT_LT(*Mac::parse("000b82000001"), *Mac::parse("000b82000002"));
    EXPECT_LT(*Mac::parse("7fffffffffff"), *Mac::parse("800000000000"));
}

TEST(Mac, OfADeviceIsNeitherZeroNorAGroup) {
    EXPECT_TRUE(Mac::parse("000b82000000")->is_device());
    EXPECT_TRUE(Mac::parse("020000000001")->is_device());
    EXPECT_FALSE(Mac::parse("000000000000")->is_device());
    EXPECT_FALSE(Mac::parse("ffffffffffff")->is_device());
    EXPECT_FALSE(Mac::parse("01005e000001")->is_device());
}

} // namespace
} // namespace plugtone
