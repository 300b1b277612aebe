#include "agent/own_files.hpp"

#include <map>

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using testing::ElementsAre;

DeviceClass class_with(BootstrapRule rule) {
    DeviceClass made;
    made.name = "gxp";
    made.bootstrap.rule = rule;
    return made;
}

OwnFileFacts facts_of(const DeviceClass& device_class, bool window_open = true) {
    OwnFileFacts facts;
    facts.mac = test::mac_of("000b82123456");
    facts.device_class = &device_class;
    facts.window_open = window_open;
    return facts;
}

std::vector<std::string> told(const OwnFileFacts& facts) {
    static const std::map<OwnFile, std::string> names = {{OwnFile::bootstrap, "bootstrap"},
                                                         {OwnFile::sealed, "sealed"},
                                                         {OwnFile::rotated, "rotated"},
                                                         {OwnFile::other, "other"}};
    std::vector<std::string> lines;
    for (const OwnFilePlan& plan : plan_own_files(facts))
        for (const std::string& path : plan.paths)
            lines.push_back(names.at(plan.what) + " " + std::string(file_form_name(plan.form)) +
                            " " + path);
    return lines;
}

const std::string sealed_line = "sealed xml @/cfg000b82123456.xml";

TEST(OwnFiles, ThePasswordComesWhileTheWindowIsOpenAndNotAfter) {
    const DeviceClass device_class = class_with(BootstrapRule::binary);
    EXPECT_THAT(told(facts_of(device_class)),
                ElementsAre(sealed_line, "bootstrap binary @/cfg000b82123456"));
    EXPECT_THAT(told(facts_of(device_class, false)), ElementsAre(sealed_line));
}

TEST(OwnFiles, AClassWithoutTheRuleNeverBringsIt) {
    const DeviceClass device_class = class_with(BootstrapRule::none);
    EXPECT_THAT(told(facts_of(device_class)), ElementsAre(sealed_line));
}

TEST(OwnFiles, ByCertificateThereIsNoWindow) {
    const DeviceClass device_class = class_with(BootstrapRule::certificate);
    EXPECT_THAT(told(facts_of(device_class, false)),
                ElementsAre(sealed_line, "bootstrap binary @/cfg000b82123456"));
}

TEST(OwnFiles, ItComesByTheVendorsEncryptionWhereThatIsAtHand) {
    DeviceClass device_class = class_with(BootstrapRule::binary);
    device_class.formats.legacy_encoder = {"/usr/bin/encode"};
    EXPECT_THAT(told(facts_of(device_class)),
                ElementsAre(sealed_line, "bootstrap legacy @/cfg000b82123456"));
}

TEST(OwnFiles, ABinaryFileOfTheClassBringsItMeanwhile) {
    DeviceClass device_class = class_with(BootstrapRule::binary);
    device_class.names.files.push_back({"cfg{mac}", FileForm::binary});
    EXPECT_THAT(told(facts_of(device_class)),
                ElementsAre(sealed_line, "bootstrap binary @/cfg000b82123456"));
    EXPECT_THAT(told(facts_of(device_class, false)),
                ElementsAre(sealed_line, "other binary @/cfg000b82123456"));
}

TEST(OwnFiles, AnImportedBinaryFileStaysAsItIs) {
    const DeviceClass device_class = class_with(BootstrapRule::binary);
    OwnFileFacts facts = facts_of(device_class);
    facts.vendor_file = true;
    EXPECT_THAT(told(facts), ElementsAre(sealed_line, "other binary @/cfg000b82123456"));
}

TEST(OwnFiles, WhoHasTheNextPasswordAsksUnderANameOfItsOwn) {
    const DeviceClass device_class = class_with(BootstrapRule::none);
    OwnFileFacts facts = facts_of(device_class);
    facts.shelf = Shelf::make("gs_", "").value();
    facts.rotation = Shelf::make("gs_", "_k1").value();
    facts.told_shelves = {"gs_@_k1", "old_@"};
    EXPECT_THAT(told(facts), ElementsAre("sealed xml gs_@/cfg000b82123456.xml",
                                         "sealed xml old_@/cfg000b82123456.xml",
                                         "sealed xml @/cfg000b82123456.xml",
                                         "rotated xml gs_@_k1/cfg000b82123456.xml"));
}

TEST(OwnFiles, WhatIsNotSealedStandsUnderTheNewNameToo) {
    DeviceClass device_class = class_with(BootstrapRule::binary);
    OwnFileFacts facts = facts_of(device_class);
    facts.rotation = Shelf::make("", "_k1").value();
    EXPECT_THAT(told(facts), ElementsAre(sealed_line, "rotated xml @_k1/cfg000b82123456.xml",
                                         "bootstrap binary @/cfg000b82123456",
                                         "bootstrap binary @_k1/cfg000b82123456"));
}

TEST(OwnFiles, ANameInAnEventSaysWhichItWas) {
    const DeviceClass device_class = class_with(BootstrapRule::binary);
    OwnFileFacts facts = facts_of(device_class);
    facts.shelf = Shelf::make("gs_", "_cfg001").value();
    const auto plans = plan_own_files(facts);
    EXPECT_EQ(own_file_named(plans, "cfg000b82123456"), OwnFile::bootstrap);
    EXPECT_EQ(own_file_named(plans, "/gs_cfg000b82123456_cfg001"), OwnFile::bootstrap);
    EXPECT_EQ(own_file_named(plans, "//gs_cfg000b82123456.xml_cfg001"), OwnFile::sealed);
    EXPECT_EQ(own_file_named(plans, "cfg000b82123456.xml"), OwnFile::sealed);
    EXPECT_EQ(own_file_named(plans, "cfg000b82123456.xml_k1"), std::nullopt);
    EXPECT_EQ(own_file_named(plans, "../cfg000b82123456.xml"), std::nullopt);
}

} // namespace
} // namespace plugtone
