// The class files of etc/classes.d against what the devices send as option 60.
#include <gmock/gmock.h>

#include "core/classes/class_table.hpp"
#include "kea-hook/offer.hpp"

namespace plugtone {
namespace {

const LoadedClasses& shipped() {
    static const LoadedClasses loaded = load_classes({PLUGTONE_SOURCE "/etc/classes.d"});
    return loaded;
}

std::string class_of(const std::string& vendor_class, const char* mac = "020000000001") {
    const DeviceClass* found =
        shipped().table.match({Mac::parse(mac).value(), vendor_class, "", ""});
    return found == nullptr ? "" : found->name;
}

TEST(ShippedClasses, AreAllGood) {
    EXPECT_THAT(shipped().problems, testing::IsEmpty());
}

TEST(ShippedClasses, RecogniseTheFamiliesByOption60) {
    const std::pair<const char*, const char*> known[] = {
        {"Grandstream GXP2160 dslforum.org", "grandstream-gxp"},
        {"Grandstream GXP1405 dslforum.org", "grandstream-gxp"},
        {"Grandstream GXP2100", "grandstream-gxp"},
        {"Grandstream GXP2124", "grandstream-gxp"},
        {"Grandstream GXP2000", "grandstream-legacy"},
        {"Grandstream GXP2020", "grandstream-legacy"},
        {"Grandstream BT200", "grandstream-legacy"},
        {"Grandstream GRP2612W dslforum.org", "grandstream-grp"},
        {"Grandstream GXV3240", "grandstream-gxv"},
        {"GXV3275", "grandstream-gxv"},
        {"HT8XX dslforum.org", "grandstream-ht"},
        {"HT500", "grandstream-ht"},
        {"HT701", "grandstream-ht"},
        {"GXW4200", "grandstream-gxw"},
        {"GXW40xx", "grandstream-gxw"},
        {"Grandstream WP810", "grandstream-wp"},
        {"DP7XX", "grandstream-dp"},
        {"GAC2500", "grandstream-gac"},
        {"Grandstream UCM6202", "grandstream-any"},
    };
    for (const auto& [vendor_class, name] : known)
        EXPECT_EQ(class_of(vendor_class), name) << vendor_class;
}

TEST(ShippedClasses, RecogniseADeviceByItsMacWhenOption60SaysNothing) {
    for (const char* mac : {"000b82123456", "c074ad000001", "ec74d7ffffff"})
        EXPECT_EQ(class_of("", mac), "grandstream-any") << mac;
    EXPECT_EQ(class_of("changed by the operator", "000b82123456"), "grandstream-any");
    EXPECT_EQ(class_of("HT8XX dslforum.org", "000b82123456"), "grandstream-ht");
}

TEST(ShippedClasses, LeaveOthersAlone) {
    EXPECT_EQ(class_of("MSFT 5.0"), "");
    EXPECT_EQ(class_of("dslforum.org"), "");
    EXPECT_EQ(class_of("", "001122334455"), "");
}

TEST(ShippedClasses, OfferTheServerToEveryFamilyWithoutBeingAsked) {
    const OfferContext context{"192.0.2.1", "", [](auto) { return false; },
                               [](auto) { return false; }};
    for (const DeviceClass& device_class : shipped().table.classes()) {
        const Identity phone{Mac::parse("000b82123456").value(), "Grandstream X", "", ""};
        const Offer offer = make_offer(device_class, phone, context);
        ASSERT_FALSE(offer.options.empty()) << device_class.name;
        EXPECT_EQ(offer.options[0].code, 66) << device_class.name;
        EXPECT_THAT(std::string(as_text(offer.options[0].bytes)), testing::EndsWith("192.0.2.1"))
            << device_class.name;
    }
}

} // namespace
} // namespace plugtone
