#include "agent/preview.hpp"

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using test::name_of;
using testing::ElementsAre;
using testing::IsEmpty;
using What = Difference::What;

constexpr const char* one = "000b82000001";
constexpr const char* two = "000b82000002";

Picture one_phone(DeviceView view) {
    Picture picture;
    picture.devices[mac_of(one)] = std::move(view);
    return picture;
}

DeviceView with_setting(const char* name, const char* value) {
    DeviceView view;
    view.settings[name_of(name)] = value;
    return view;
}

DeviceView with_file(const char* guard, const char* sha256) {
    DeviceView view;
    view.files["@/cfg"] = {guard, sha256};
    return view;
}

TEST(Preview, TheSamePictureHasNoDifferences) {
    const Picture picture = one_phone(with_setting("P47", "sip.example.net"));
    EXPECT_THAT(differences(picture, picture), IsEmpty());
}

TEST(Preview, SettingsThatComeGoAndChangeAreNamedWithBothValues) {
    DeviceView before = with_setting("P47", "old.example.net");
    before.settings[name_of("P901")] = "80";
    DeviceView after = with_setting("P47", "new.example.net");
    after.settings[name_of("P2")] = "";
    EXPECT_THAT(differences(one_phone(before), one_phone(after)),
                ElementsAre(Difference{mac_of(one), What::setting, "P2", std::nullopt, ""},
                            Difference{mac_of(one), What::setting, "P47", "old.example.net",
                                       "new.example.net"},
                            Difference{mac_of(one), What::setting, "P901", "80", std::nullopt}));
}

TEST(Preview, AnotherClassAndAnotherUrlAreDifferences) {
    DeviceView before;
    before.class_name = "gxp";
    before.url = "http://{server}";
    DeviceView after;
    after.url = "https://{server}";
    EXPECT_THAT(
        differences(one_phone(before), one_phone(after)),
        ElementsAre(Difference{mac_of(one), What::device_class, "", "gxp", std::nullopt},
                    Difference{mac_of(one), What::url, "", "http://{server}", "https://{server}"}));
}

TEST(Preview, ADeviceThatComesHasEverythingNew) {
    EXPECT_THAT(
        differences({}, one_phone(with_file("encrypted", "aa"))),
        ElementsAre(Difference{mac_of(one), What::file, "@/cfg", std::nullopt, "encrypted"}));
}

TEST(Preview, AFileThatIsGuardedOtherwiseIsADifference) {
    EXPECT_THAT(
        differences(one_phone(with_file("encrypted", "aa")), one_phone(with_file("clear", "aa"))),
        ElementsAre(Difference{mac_of(one), What::file, "@/cfg", "encrypted", "clear"}));
}

TEST(Preview, OtherBytesCountOnlyWhereNoSettingAccountsForThem) {
    EXPECT_THAT(
        differences(one_phone(with_file("clear", "aa")), one_phone(with_file("clear", "bb"))),
        ElementsAre(Difference{mac_of(one), What::file, "@/cfg", "clear", "clear, other content"}));
    DeviceView before = with_file("clear", "aa");
    before.settings[name_of("P47")] = "a";
    DeviceView after = with_file("clear", "bb");
    after.settings[name_of("P47")] = "b";
    EXPECT_THAT(differences(one_phone(before), one_phone(after)),
                ElementsAre(Difference{mac_of(one), What::setting, "P47", "a", "b"}));
}

TEST(Preview, WhatIsEverybodysComesFirstAndDevicesInTheirOrder) {
    Picture before;
    before.devices[mac_of(two)] = with_setting("P47", "a");
    Picture after = one_phone(with_setting("P47", "a"));
    after.everybody = with_file("clear", "aa");
    EXPECT_THAT(differences(before, after),
                ElementsAre(Difference{std::nullopt, What::file, "@/cfg", std::nullopt, "clear"},
                            Difference{mac_of(one), What::setting, "P47", std::nullopt, "a"},
                            Difference{mac_of(two), What::setting, "P47", "a", std::nullopt}));
}

TEST(Preview, AFileIsToldWithHowItIsSealedAndWhatItAsksFor) {
    Document document;
    document.paths = {"@/cfg.xml", "new@/cfg.xml"};
    document.sealing = InContainer{Secret("x"), KeyDigest::sha256, true};
    document.access = AccessRule::lease;
    document.http = HttpCredentials{};
    DeviceView view;
    view.add(document);
    ASSERT_EQ(view.files.size(), 2U);
    EXPECT_EQ(view.files["@/cfg.xml"].guard,
              "encrypted (SHA-256, salted), access lease, user name and password");
}

TEST(Preview, ASecretOfEitherDictionaryIsOne) {
    std::vector<Difference> all = {{mac_of(one), What::setting, "P2", "a", "b"},
                                   {mac_of(one), What::setting, "P47", "a", "b"},
                                   {mac_of(one), What::file, "P2", "a", "b"}};
    annotate(all, test::test_dictionary());
    annotate(all, Dictionary());
    EXPECT_TRUE(all[0].secret);
    EXPECT_EQ(all[0].title, "admin-password");
    EXPECT_FALSE(all[1].secret);
    EXPECT_EQ(all[1].title, "sip-server");
    EXPECT_FALSE(all[2].secret);
}

} // namespace
} // namespace plugtone
