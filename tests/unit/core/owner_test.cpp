#include "core/names/owner.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(Owner, IsTheMacInTheGuidesForms) {
    for (const char* name :
         {"cfg000b82123456", "cfg000b82123456.xml", "dev000b82123456.cfg", "CFG000B82123456.XML",
          "gs_cfg000b82123456_cfg001", "cfg000b82123456_1.0", "cfgcfg000b82123456"}) {
        const auto owner = owner_of(name);
        ASSERT_TRUE(owner) << name;
        EXPECT_EQ(owner->text(), "000b82123456") << name;
    }
}

TEST(Owner, IsNobodyForAPublicFile) {
    for (const char* name : {"cfg.xml", "boot.bin", "cfggxp2160.xml", "cfg000b8212345",
                             "000b82123456", "cfg00:0b:82:12:34:56", "cfg000b8212345g.xml", "",
                             "ringtone000b82123456", "cf000b82123456"})
        EXPECT_FALSE(owner_of(name)) << name;
}

TEST(Owner, FirstPlaceCountsAndLongerDigitsStillCount) {
    EXPECT_EQ(owner_of("cfg000b82000001cfg000b82000002")->text(), "000b82000001");
    EXPECT_EQ(owner_of("cfg000b82123456789")->text(), "000b82123456") << "too private is safer";
}

TEST(Owner, OwnsTheNamesThatWeMake) {
    const Mac mac = *Mac::parse("00:0B:82:12:34:56");
    EXPECT_EQ(binary_config_name(mac), "cfg000b82123456");
    EXPECT_EQ(xml_config_name(mac), "cfg000b82123456.xml");
    EXPECT_EQ(owner_of(binary_config_name(mac)), mac);
    EXPECT_EQ(owner_of(xml_config_name(mac)), mac);
    EXPECT_FALSE(owner_of(generic_config_name));
}

} // namespace
} // namespace plugtone
