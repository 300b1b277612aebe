#include "agent/lint.hpp"

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::device_of;
using test::mac_of;
using test::name_of;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class LintTest : public testing::Test {
protected:
    LintTest() {
        class_.name = "gxp";
        class_.family = "gxp";
        class_.url = "http://192.0.2.1:8080/gs";
    }
    // "SEVERITY P1: text"; each has the class.
    static std::vector<std::string> lines(const std::vector<Finding>& findings,
                                          const std::optional<Mac>& mac) {
        std::vector<std::string> all;
        for (const Finding& finding : findings) {
            EXPECT_EQ(finding.class_name, "gxp");
            EXPECT_EQ(finding.mac, mac);
            all.push_back(std::string(severity_name(finding.severity)) + " " +
                          (finding.parameter ? finding.parameter->text() : "-") + ": " +
                          finding.text);
        }
        return all;
    }
    std::vector<std::string> of_class(const ParameterSet& inherited) const {
        return lines(lint_class(class_, inherited, dictionary_), std::nullopt);
    }
    std::vector<std::string> of_device(const ParameterSet& inherited, const ParameterSet& own,
                                       std::optional<Bytes> vendor_file = std::nullopt) const {
        DeviceFacts facts;
        facts.device = device_of("000b82123456");
        facts.device_class = &class_;
        facts.composed = inherited;
        overlay(facts.composed, own);
        facts.vendor_file = std::move(vendor_file);
        return lines(lint_device(facts, inherited, dictionary_), facts.device.mac);
    }
    static ParameterSet set_of(const char* name, const std::string& value) {
        return {{name_of(name), value}};
    }

    DeviceClass class_;
    Dictionary dictionary_ = test::test_dictionary();
};

TEST_F(LintTest, HasNothingToSayOfWhatIsGood) {
    EXPECT_THAT(of_class({}), IsEmpty());
    EXPECT_THAT(of_class({{name_of("P47"), "sip.example.net"},
                          {name_of("P212"), "1"},
                          {name_of("P237"), "192.0.2.1:8080/gs"},
                          {name_of("P2"), "swordfish"},
                          {name_of("P901"), "80"}}),
                IsEmpty());
}

TEST_F(LintTest, AValueOutOfItsTypeIsAnError) {
    const auto line = "error P901: P901 (web-port): want 1 to 65535, got '0'";
    EXPECT_THAT(of_class(set_of("P901", "0")), ElementsAre(line));
    const auto alone = type_errors(class_, mac_of("000b82123456"),
                                   {{name_of("P901"), "0"}, {name_of("P64"), "x"}}, dictionary_);
    EXPECT_THAT(lines(alone, mac_of("000b82123456")), ElementsAre(line));
    class_.family = "ht";
    EXPECT_THAT(of_class(set_of("P901", "80")),
                ElementsAre("error P901: P901 (web-port): want 1024 to 2048, got '80'"));
}

TEST_F(LintTest, ANumberThatTheDictionaryDoesNotHaveIsNoted) {
    EXPECT_THAT(of_class(set_of("P64", "x")),
                ElementsAre("note P64: is in no dictionary: it is sent as it stands"));
}

TEST_F(LintTest, AParameterOfAnotherFamilyIsNoted) {
    EXPECT_THAT(of_class(set_of("P1357", "7")),
                ElementsAre("note P1357: (keypad-lock) is not known for family gxp: it is sent as "
                            "it stands"));
    class_.family = "ht";
    EXPECT_THAT(of_class(set_of("P1357", "1")), IsEmpty());
    class_.family = "";
    EXPECT_THAT(of_class(set_of("P1357", "1")), IsEmpty()) << "of a family that nobody knows";
}

TEST_F(LintTest, TheProtocolIsComparedWithTheSchemeOfTheUrl) {
    EXPECT_THAT(of_class(set_of("P212", "2")),
                ElementsAre(testing::StartsWith(
                    "warning P212: 2 is https, and the class's URL is http://192.0.2.1:8080/gs")));
    class_.url = "HTTPS://192.0.2.1";
    EXPECT_THAT(of_class(set_of("P212", "2")), IsEmpty());
    EXPECT_THAT(of_class(set_of("P212", "0")), ElementsAre(HasSubstr("0 is tftp")));
    class_.url = "192.0.2.1/gs"; // then P212 alone says it
    EXPECT_THAT(of_class({{name_of("P212"), "2"}, {name_of("P237"), "192.0.2.1/gs"}}), IsEmpty());
    EXPECT_THAT(of_class(set_of("P237", "192.0.2.9/gs")), testing::SizeIs(1));
}

TEST_F(LintTest, ThePathsAreComparedWithTheUrl) {
    for (const char* name : {"P237", "P192"}) {
        for (const char* good : {"192.0.2.1:8080/gs", "192.0.2.1:8080/gs/", ""})
            EXPECT_THAT(of_class(set_of(name, good)), IsEmpty()) << name << " " << good;
        for (const char* bad :
             {"192.0.2.1/gs", "192.0.2.9:8080/gs", "192.0.2.1:8080", "192.0.2.1:8080/other"})
            EXPECT_THAT(of_class(set_of(name, bad)),
                        ElementsAre("warning " + std::string(name) + ": '" + bad +
                                    "' is not where the class's URL http://192.0.2.1:8080/gs "
                                    "leads"));
    }
}

TEST_F(LintTest, WhatTheUrlFillsInForEachPhoneCanBeAnything) {
    class_.url = "http://{server}/gs";
    EXPECT_THAT(of_class(set_of("P237", "any.example.net/gs")), IsEmpty());
    EXPECT_THAT(of_class(set_of("P237", "any.example.net/other")), testing::SizeIs(1));
    class_.url = "http://Prov.Example.net/{mac}";
    EXPECT_THAT(of_class(set_of("P237", "prov.example.net/any")), IsEmpty());
    EXPECT_THAT(of_class(set_of("P237", "other.example.net/any")), testing::SizeIs(1));
}

TEST_F(LintTest, LookingForFilesWhenANameChangesWantsAName) {
    const auto known_only = [&](ParameterSet set) {
        std::vector<std::string> found;
        for (const std::string& line : of_class(set))
            if (line.find("no dictionary") == std::string::npos)
                found.push_back(line);
        return found;
    };
    EXPECT_THAT(known_only(set_of("P238", "1")),
                ElementsAre(testing::StartsWith("warning P238: 1 looks for files only when")));
    for (const char* name : {"P232", "P233", "P234", "P235"}) {
        EXPECT_THAT(known_only({{name_of("P238"), "1"}, {name_of(name), "x"}}), IsEmpty()) << name;
        EXPECT_THAT(known_only({{name_of("P238"), "1"}, {name_of(name), ""}}), testing::SizeIs(1))
            << name;
    }
    EXPECT_THAT(known_only(set_of("P238", "0")), IsEmpty());
    EXPECT_THAT(known_only(set_of("P238", "2")), IsEmpty());
    class_.names.firmware = {"gxp.bin"};
    EXPECT_THAT(known_only(set_of("P238", "2")),
                ElementsAre("note P238: 2 never looks for firmware"));
}

TEST_F(LintTest, ASecretInClearInABinaryFileIsAWarningWithoutTheSecret) {
    class_.names.files.push_back({"cfg{mac}", FileForm::binary});
    const auto found = of_class({{name_of("P2"), "swordfish"}, {name_of("P47"), "a"}});
    EXPECT_THAT(found, ElementsAre("warning P2: (admin-password) is a secret and lies in clear in "
                                   "cfg<mac>, the binary file"));
    EXPECT_THAT(of_class(set_of("P2", "")), ElementsAre(testing::StartsWith("error P2")))
        << "too short, and nobody's secret";
}

TEST_F(LintTest, ASecretInAnXmlFileIsInClearIfTheFileIsNotEncrypted) {
    for (const AccessRule access : {AccessRule::open, AccessRule::lease, AccessRule::certificate}) {
        class_.access = access;
        class_.formats.encrypted = true;
        EXPECT_THAT(of_class(set_of("P2", "swordfish")), IsEmpty()) << access_rule_name(access);
        class_.formats.encrypted = false;
        EXPECT_THAT(of_class(set_of("P2", "swordfish")),
                    ElementsAre("warning P2: (admin-password) is a secret and lies in clear in the "
                                "file of this class"))
            << access_rule_name(access);
    }
    class_.names.files = {{"cfg.xml", FileForm::xml}};
    EXPECT_THAT(of_class(set_of("P2", "swordfish")), IsEmpty()) << "devices have no file";
    class_.names.files = {{"cfg{mac}", FileForm::legacy}};
    EXPECT_THAT(of_class(set_of("P2", "swordfish")), IsEmpty()) << "the encoder encrypts it";
}

TEST_F(LintTest, ADeviceSaysOnlyWhatItsClassHasNotSaid) {
    class_.names.files.push_back({"cfg{mac}", FileForm::binary});
    const ParameterSet inherited = {{name_of("P901"), "0"},
                                    {name_of("P64"), "x"},
                                    {name_of("P212"), "2"},
                                    {name_of("P2"), "swordfish"}};
    EXPECT_THAT(of_class(inherited), testing::SizeIs(4));
    EXPECT_THAT(of_device(inherited, {}), IsEmpty());
    EXPECT_THAT(of_device(inherited, {{name_of("P2"), "other"}, {name_of("P64"), "y"}}), IsEmpty());
    EXPECT_THAT(of_device(inherited, {{name_of("P901"), "80"}, {name_of("P212"), "1"}}), IsEmpty());
    EXPECT_THAT(of_device(inherited, {{name_of("P901"), "00x"}, {name_of("P65"), "y"}}),
                ElementsAre("error P901: P901 (web-port): want 1 to 65535, got '00x'",
                            "note P65: is in no dictionary: it is sent as it stands"));
}

TEST_F(LintTest, ADeviceOfAClassThatWantsAPasswordOverHttpMustHaveOne) {
    EXPECT_THAT(of_device({}, {}), IsEmpty());
    class_.http_auth = HttpAuth::digest;
    EXPECT_THAT(of_class({}), IsEmpty());
    EXPECT_THAT(of_device({}, {}), ElementsAre(HasSubstr("error P1360: is not set"),
                                               HasSubstr("error P1361: is not set")));
    EXPECT_THAT(of_device(set_of("P1360", "phone"), {}),
                ElementsAre(HasSubstr("error P1361: is not set")));
    EXPECT_THAT(of_device(set_of("P1360", "phone"), set_of("P1361", "secret")),
                Not(Contains(HasSubstr("error"))));
}

TEST_F(LintTest, AnImportedFileIsNoted) {
    EXPECT_THAT(of_device({}, {}, Bytes{1}),
                ElementsAre("note -: its binary file was imported: changes of settings are not in "
                            "it"));
}

TEST_F(LintTest, NoFindingHoldsASecret) {
    class_.names.files.push_back({"cfg{mac}", FileForm::binary});
    for (const std::string& line : of_device({}, set_of("P2", "swordfish" + std::string(30, '!'))))
        EXPECT_THAT(line, Not(HasSubstr("swordfish")));
}

} // namespace
} // namespace plugtone
