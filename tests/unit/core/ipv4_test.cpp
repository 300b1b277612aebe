#include "core/base/ipv4.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(Ipv4, IsWrittenAsItIsRead) {
    for (const char* text : {"0.0.0.0", "192.168.1.10", "255.255.255.255", "10.0.0.1"})
        EXPECT_EQ(Ipv4::parse(text)->text(), text);
    EXPECT_EQ(Ipv4::parse("192.168.1.10")->number, 0xC0A8010AU);
}

TEST(Ipv4, RefusesWhatIsNotFourPlainNumbers) {
    for (const char* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04",
                             "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4",
                             "-1.2.3.4", "0x1.2.3.4", "1.2.3.4/24", "../../etc", "a.b.c.d"})
        EXPECT_FALSE(Ipv4::parse(text)) << text;
}

TEST(Ipv4, IsOrderedAsANumber) {
    EXPECT_LT(*Ipv4::parse("9.255.255.255"), *Ipv4::parse("10.0.0.0"));
}

} // namespace
} // namespace plugtone
