#include "agent/composer.hpp"

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::device_of;
using test::mac_of;
using test::name_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

DeviceClass plain_class() {
    DeviceClass made;
    made.name = "gxp";
    made.origin = "gxp.xml:1";
    return made;
}

ParameterSet set_of(const char* name, const char* value) {
    return {{name_of(name), value}};
}

TEST(Compose, TheMoreSpecificWins) {
    DeviceClass device_class = plain_class();
    SiteParameters site;
    ParameterSet device;
    // P1 is set on all four layers, P2 on the three lowest, and so on.
    for (const char* name : {"P1", "P2", "P3", "P4"})
        site[name_of(name)] = {"site", false};
    for (const char* name : {"P1", "P2", "P3"})
        device_class.vendor_defaults[name_of(name)] = "vendor";
    for (const char* name : {"P1", "P2"})
        device_class.defaults[name_of(name)] = "class";
    device[name_of("P1")] = "device";
    EXPECT_THAT(compose(site, device_class, device),
                ElementsAre(Pair(name_of("P1"), "device"), Pair(name_of("P2"), "class"),
                            Pair(name_of("P3"), "vendor"), Pair(name_of("P4"), "site")));
}

TEST(DeviceDocuments, OneXmlFileOnTheClassesShelfForItsOwnerOnly) {
    DeviceClass device_class = plain_class();
    device_class.names.config_prefix = "gs_";
    device_class.names.config_postfix = "_1";
    device_class.access = AccessRule::lease;
    const auto documents =
        device_documents(device_of("000b82123456"), device_class, set_of("P47", "sip"));
    ASSERT_TRUE(documents) << documents.error().message;
    ASSERT_EQ(documents->size(), 1U);
    const Document& document = documents->front();
    EXPECT_EQ(document.path, "gs_@_1/cfg000b82123456.xml");
    EXPECT_EQ(document.owner, mac_of("000b82123456"));
    EXPECT_EQ(document.access, AccessRule::lease);
    EXPECT_EQ(document.content.mac, mac_of("000b82123456"));
    EXPECT_THAT(document.content.parameters, ElementsAre(Pair(name_of("P47"), "sip")));
    EXPECT_EQ(*parse_gs_xml("x", as_bytes(document.xml)), document.content);
    ASSERT_TRUE(document.password);
    EXPECT_EQ(document.password->reveal(), "Password1");
}

TEST(DeviceDocuments, FollowTheClassesFormats) {
    DeviceClass device_class = plain_class();
    device_class.formats = {.xml = true,
                            .encrypted = false,
                            .salted = false,
                            .mac_element = false,
                            .digest = KeyDigest::sha256};
    device_class.access = AccessRule::open;
    const auto documents = device_documents(device_of("000b82123456"), device_class, {});
    ASSERT_TRUE(documents);
    const Document& document = documents->front();
    EXPECT_FALSE(document.password);
    EXPECT_FALSE(document.salted);
    EXPECT_FALSE(document.content.mac);
    EXPECT_EQ(document.digest, KeyDigest::sha256);
    EXPECT_EQ(document.access, AccessRule::open);
    device_class.formats.xml = false;
    EXPECT_THAT(*device_documents(device_of("000b82123456"), device_class, {}), IsEmpty());
}

TEST(DeviceDocuments, NameTheDeviceWhoseValueCannotBeRendered) {
    const auto refused =
        device_documents(device_of("000b82123456"), plain_class(), set_of("P47", "\x01"));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("000b82123456"));
    EXPECT_THAT(refused.error().message, HasSubstr("P47"));
}

TEST(DeviceDocuments, RefuseAnXmlPasswordAmongTheParameters) {
    DeviceClass device_class = plain_class();
    device_class.defaults = set_of("P1359", "x");
    const auto refused =
        device_documents(device_of("000b82123456"), device_class, compose({}, device_class, {}));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("gxp.xml:1"));
    EXPECT_THAT(refused.error().message, HasSubstr("P1359"));
}

TEST(DeviceDocuments, RefuseAShelfThatLeavesTheTree) {
    DeviceClass device_class = plain_class();
    device_class.names.config_prefix = "../../etc/";
    EXPECT_FALSE(device_documents(device_of("000b82123456"), device_class, {}));
    EXPECT_FALSE(generic_documents({}, ClassTable({device_class})));
}

TEST(GenericDocuments, HoldPublicParametersOnly) {
    const SiteParameters site = {{name_of("P64"), {"auto", true}},
                                 {name_of("P34"), {"topsecret", false}}};
    const auto documents = generic_documents(site, {});
    ASSERT_TRUE(documents);
    ASSERT_EQ(documents->size(), 1U);
    const Document& document = documents->front();
    EXPECT_EQ(document.path, "@/cfg.xml");
    EXPECT_THAT(document.content.parameters, ElementsAre(Pair(name_of("P64"), "auto")));
    EXPECT_THAT(document.xml, Not(HasSubstr("topsecret")));
    EXPECT_FALSE(document.content.mac);
    EXPECT_FALSE(document.owner);
    EXPECT_FALSE(document.password);
    EXPECT_EQ(document.access, AccessRule::open);
}

TEST(GenericDocuments, StandOnTheShelfOfEveryClassOnce) {
    DeviceClass one = plain_class();
    one.name = "one";
    one.names.config_prefix = "gs_";
    DeviceClass same = one;
    same.name = "same";
    DeviceClass deep = one;
    deep.name = "deep";
    deep.names.config_prefix = "HT502/";
    const auto documents = generic_documents({}, ClassTable({one, same, deep}));
    ASSERT_TRUE(documents);
    std::vector<std::string> paths;
    for (const Document& document : *documents)
        paths.push_back(document.path);
    EXPECT_THAT(paths,
                testing::UnorderedElementsAre("@/cfg.xml", "gs_@/cfg.xml", "HT502/@/cfg.xml"));
}

TEST(CheckSettable, RefusesTheXmlPasswordAndNothingElse) {
    const auto refused = check_settable(name_of("P1359"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::refused);
    EXPECT_THAT(refused.error().message, HasSubstr("P1359"));
    EXPECT_TRUE(check_settable(name_of("P1360")));
    EXPECT_TRUE(check_settable(name_of("P34")));
}

} // namespace
} // namespace plugtone
