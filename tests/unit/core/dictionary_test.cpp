#include "core/classes/dictionary.hpp"

#include <gmock/gmock.h>

#include "core/classes/class_table.hpp"
#include "core/classes/known_parameters.hpp"
#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ParameterName number(const char* text) {
    return ParameterName::parse(text).value();
}

// P194 differs by family; P47 is for all; P5 is for one family only.
Dictionary sample() {
    const ParameterForm mode_of_ht{{"ht", "gxw"}, IntegerType{1, 3, "", false}, std::nullopt};
    const ParameterForm mode{{}, BoolType{}, "0"};
    return Dictionary(
        {{number("P194"), "poll-mode", {"auto-upgrade"}, "", "Polls", {mode_of_ht, mode}, "f:1"},
         {number("P47"),
          "account1.sip-server",
          {},
          "account.1.Sip.server",
          "Server",
          {{{}, HostType{}, {}}},
          "f:2"},
         {number("P34"), "account1.password", {}, "", "Password", {{{}, SecretType{}, {}}}, "f:3"},
         {number("P5"), "only-ht", {}, "", "x", {{{"ht"}, BoolType{}, {}}}, "f:4"}});
}

TEST(Dictionary, ResolvesNumbersNamesAndAliasesWithoutRegardToCase) {
    const Dictionary dictionary = sample();
    for (const char* text :
         {"P47", "p47", "account1.sip-server", "Account1.SIP-Server", "account.1.sip.SERVER"})
        EXPECT_EQ(dictionary.resolve(text).value(), number("P47")) << text;
    EXPECT_EQ(dictionary.resolve("auto-upgrade").value(), number("P194"));
    EXPECT_EQ(dictionary.resolve("P99999").value(), number("P99999"))
        << "unknown numbers are allowed";
    const auto refused = dictionary.resolve("sip-srever");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("'sip-srever'"));
    EXPECT_THAT(refused.error().message, HasSubstr("parameter list"));
}

TEST(Dictionary, TheFamilyDecidesWhatIsAllowed) {
    const Dictionary dictionary = sample();
    const ParameterName mode = number("P194");
    EXPECT_TRUE(dictionary.check(mode, "3", "ht"));
    EXPECT_FALSE(dictionary.check(mode, "3", "gxp"));
    EXPECT_FALSE(dictionary.check(mode, "0", "gxw"));
    EXPECT_TRUE(dictionary.check(mode, "0", "gxp"));
    const auto refused = dictionary.check(mode, "9", "ht");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "P194 (poll-mode): want 1 to 3, got '9'");
}

TEST(Dictionary, WithoutAFamilyWhatAnyTakesIsTaken) {
    const Dictionary dictionary = sample();
    EXPECT_TRUE(dictionary.check(number("P194"), "3", ""));
    EXPECT_TRUE(dictionary.check(number("P194"), "0", ""));
    EXPECT_FALSE(dictionary.check(number("P194"), "9", ""));
}

TEST(Dictionary, WhatItDoesNotKnowOrNotThereIsTaken) {
    const Dictionary dictionary = sample();
    EXPECT_TRUE(dictionary.check(number("P99999"), "anything", "ht"));
    EXPECT_TRUE(dictionary.check(number("P5"), "anything", "gxp"));
    EXPECT_FALSE(dictionary.check(number("P5"), "anything", "ht"));
    EXPECT_EQ(dictionary.find(number("P5"))->form_for("gxp"), nullptr);
    EXPECT_EQ(dictionary.find(number("P99999")), nullptr);
}

TEST(Dictionary, KnowsSecretsAndLabels) {
    const Dictionary dictionary = sample();
    EXPECT_TRUE(dictionary.is_secret(number("P34")));
    EXPECT_FALSE(dictionary.is_secret(number("P47")));
    EXPECT_FALSE(dictionary.is_secret(number("P99999")));
    EXPECT_EQ(dictionary.label(number("P34")), "P34 (account1.password)");
    EXPECT_EQ(dictionary.label(number("P99999")), "P99999");
}

std::string file_of(const std::string& parameter) {
    return "<parameters vendor=\"a\">" + parameter + "</parameters>";
}

TEST(LoadDictionary, AddsUpFilesAndLeavesOutABadOneWhole) {
    const test::TempFolder folder;
    folder.write("d/a.xml", file_of("<parameter number=\"P1\" name=\"one\"><bool/></parameter>"));
    folder.write("d/b.xml", file_of("<parameter number=\"P2\" name=\"two\"><bool/></parameter>"
                                    "<parameter number=\"P3\" name=\"ONE\"><bool/></parameter>"));
    folder.write("d/c.xml", file_of("<parameter number=\"P4\" name=\"four\"/>"));
    folder.write("d/e.xml", file_of("<parameter number=\"P1\" name=\"five\"><bool/></parameter>"));
    const LoadedDictionary loaded = load_dictionary({folder.path("d")});
    EXPECT_EQ(loaded.dictionary.definitions().size(), 1U);
    EXPECT_NE(loaded.dictionary.find(number("P1")), nullptr);
    EXPECT_EQ(loaded.dictionary.find(number("P2")), nullptr) << "its file has a name that is taken";
    EXPECT_THAT(loaded.problems, ElementsAre(HasSubstr("b.xml:1: 'one' stands already at"),
                                             HasSubstr("c.xml:1: <parameter> has no type"),
                                             HasSubstr("e.xml:1: 'P1' stands already at")));
}

TEST(LoadDictionary, ALaterFolderReplacesByName) {
    const test::TempFolder folder;
    folder.write("d/a.xml", file_of("<parameter number=\"P1\" name=\"one\"><bool/></parameter>"));
    folder.write("e/a.xml", file_of("<parameter number=\"P1\" name=\"other\"><bool/></parameter>"));
    const LoadedDictionary loaded = load_dictionary({folder.path("d"), folder.path("e")});
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_EQ(loaded.dictionary.find(number("P1"))->name, "other");
}

// What is shipped.

const Dictionary& shipped() {
    static const LoadedDictionary loaded = load_dictionary({PLUGTONE_SOURCE "/etc/parameters.d"});
    EXPECT_THAT(loaded.problems, IsEmpty());
    return loaded.dictionary;
}

TEST(ShippedDictionary, KnowsTheParametersThatTheGuideAndTheFieldName) {
    for (const char* text :
         {"P1",     "P2",     "P3",     "P8",     "P9",    "P10",   "P11",   "P12",   "P13",
          "P14",    "P15",    "P16",    "P17",    "P18",   "P19",   "P20",   "P21",   "P22",
          "P23",    "P24",    "P25",    "P26",    "P27",   "P28",   "P30",   "P34",   "P35",
          "P36",    "P41",    "P42",    "P43",    "P44",   "P47",   "P48",   "P64",   "P88",
          "P143",   "P144",   "P145",   "P146",   "P147",  "P148",  "P192",  "P193",  "P194",
          "P196",   "P207",   "P208",   "P212",   "P232",  "P233",  "P234",  "P235",  "P237",
          "P238",   "P240",   "P242",   "P246",   "P270",  "P271",  "P285",  "P286",  "P330",
          "P331",   "P332",   "P340",   "P341",   "P401",  "P402",  "P403",  "P404",  "P405",
          "P406",   "P407",   "P417",   "P501",   "P506",  "P517",  "P601",  "P606",  "P617",
          "P901",   "P1349",  "P1357",  "P1359",  "P1360", "P1361", "P1409", "P1411", "P1414",
          "P1650",  "P1701",  "P1706",  "P1717",  "P1801", "P1806", "P1817", "P4428", "P4503",
          "P4504",  "P4505",  "P4506",  "P4507",  "P6767", "P6768", "P8337", "P8458", "P8459",
          "P8463",  "P8467",  "P8468",  "P8501",  "P8502", "P8601", "P9997", "P9998", "P9999",
          "P20713", "P22030", "P22293", "P22294", "P22296"})
        EXPECT_NE(shipped().find(number(text)), nullptr) << text;
}

TEST(ShippedDictionary, HidesWhatIsSecret) {
    for (const char* text : {"P1", "P2", "P34", "P196", "P242", "P406", "P506", "P606", "P1359",
                             "P1361", "P1706", "P1806", "P4505", "P9998"})
        EXPECT_TRUE(shipped().is_secret(number(text))) << text;
    for (const char* text : {"P3", "P35", "P47", "P237", "P1360"})
        EXPECT_FALSE(shipped().is_secret(number(text))) << text;
}

TEST(ShippedDictionary, KnowsWhereFamiliesDiffer) {
    const ParameterDefinition* mode = shipped().find(number("P194"));
    EXPECT_NE(meaning_of(mode->form_for("gxp")->type, "3"),
              meaning_of(mode->form_for("ht")->type, "3"));
    EXPECT_FALSE(shipped().check(number("P194"), "2", "legacy"));
    EXPECT_FALSE(shipped().check(known::protocol, "2", "legacy"));
    EXPECT_TRUE(shipped().check(known::protocol, "2", "gxp"));
    const ParameterDefinition* certificate = shipped().find(number("P8463"));
    EXPECT_EQ(certificate->form_for("ht")->preset, "1");
    EXPECT_EQ(certificate->form_for("grp")->preset, "0");
}

TEST(ShippedDictionary, AgreesWithTheShippedClasses) {
    const LoadedClasses classes = load_classes({PLUGTONE_SOURCE "/etc/classes.d"});
    EXPECT_THAT(classes.problems, IsEmpty());
    EXPECT_FALSE(classes.table.classes().empty());
    for (const DeviceClass& device_class : classes.table.classes()) {
        ParameterSet defaults = device_class.vendor_defaults;
        overlay(defaults, device_class.defaults);
        for (const auto& [name, value] : defaults)
            EXPECT_TRUE(shipped().check(name, value, device_class.family))
                << device_class.name << " " << name.text();
        EXPECT_TRUE(device_class.family.empty() ||
                    shipped().find(known::protocol)->form_for(device_class.family) != nullptr)
            << device_class.family << " is no family that the dictionary knows";
    }
}

} // namespace
} // namespace plugtone
