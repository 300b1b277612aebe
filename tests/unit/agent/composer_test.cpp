#include "agent/composer.hpp"

#include <gmock/gmock.h>

#include "core/classes/known_parameters.hpp"
#include "core/formats/parameter_text.hpp"
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
using testing::UnorderedElementsAre;

using Shared = std::map<std::string, SharedParameters>;

DeviceClass plain_class(const std::string& name = "gxp") {
    DeviceClass made;
    made.name = name;
    made.origin = name + ".xml:1";
    return made;
}

ParameterSet set_of(const char* name, const char* value) {
    return {{name_of(name), value}};
}

DeviceFacts facts_of(const DeviceClass& device_class, const ParameterSet& own = {}) {
    DeviceFacts facts;
    facts.device = device_of("000b82123456");
    facts.device_class = &device_class;
    facts.composed = values_of(compose({}, device_class, {}, own));
    return facts;
}

std::vector<Document> documents_of(const DeviceFacts& facts, const Dictionary& dictionary = {}) {
    const auto documents = device_documents(facts, dictionary);
    EXPECT_TRUE(documents) << documents.error().message;
    return documents.value_or(std::vector<Document>{});
}

// Of a device with this class and these settings of its own.
std::vector<std::string> paths_of(const DeviceFacts& facts) {
    std::vector<std::string> paths;
    for (const Document& document : documents_of(facts))
        paths.insert(paths.end(), document.paths.begin(), document.paths.end());
    return paths;
}

// What is said to everybody, by path.
std::map<std::string, DocumentContent> generic_of(const Shared& shared,
                                                  const std::vector<DeviceClass>& classes,
                                                  const Dictionary& dictionary = {}) {
    const auto documents = generic_documents(shared, ClassTable(classes), dictionary);
    EXPECT_TRUE(documents) << documents.error().message;
    std::map<std::string, DocumentContent> by_path;
    if (documents)
        for (const Document& document : *documents)
            for (const std::string& path : document.paths)
                by_path.emplace(path, document.content);
    return by_path;
}

TEST(Compose, TheMoreSpecificWinsAndIsNamed) {
    DeviceClass device_class = plain_class();
    SharedParameters site;
    SharedParameters of_class;
    ParameterSet device;
    Placement placement;
    // P1 is set on all five layers, P2 on the four lowest, and so on.
    for (const char* name : {"P1", "P2", "P3", "P4", "P5"})
        site[name_of(name)] = {"s", false};
    for (const char* name : {"P1", "P2", "P3", "P4"})
        device_class.vendor_defaults[name_of(name)] = "v";
    for (const char* name : {"P1", "P2", "P3"})
        device_class.defaults[name_of(name)] = "f";
    for (const char* name : {"P1", "P2"})
        of_class[name_of(name)] = {"c", false};
    device[name_of("P1")] = "d";
    // The schedule gives way to all of them, the redirection to none.
    for (const char* name : {"P5", "P6"})
        placement.schedule[name_of(name)] = "t";
    placement.redirect[name_of("P7")] = "r";
    device[name_of("P7")] = "d";
    const Composition composed = compose(site, device_class, of_class, device, {}, placement);
    std::vector<std::string> told;
    for (const auto& [name, value] : composed)
        told.push_back(name.text() + "=" + value.value + " " +
                       std::string(layer_name(value.layer)));
    EXPECT_THAT(told, ElementsAre("P1=d device", "P2=c class", "P3=f class file", "P4=v vendor",
                                  "P5=s site", "P6=t schedule", "P7=r redirect"));
    EXPECT_THAT(values_of(composed), ElementsAre(Pair(name_of("P1"), "d"), Pair(name_of("P2"), "c"),
                                                 Pair(name_of("P3"), "f"), Pair(name_of("P4"), "v"),
                                                 Pair(name_of("P5"), "s"), Pair(name_of("P6"), "t"),
                                                 Pair(name_of("P7"), "r")));
}

TEST(Compose, AValueKnowsWhatItOverridesTheLeastSpecificFirst) {
    SharedParameters site;
    site[name_of("P1")] = {"s", false};
    site[name_of("P2")] = {"s", false};
    DeviceClass device_class = plain_class();
    device_class.defaults[name_of("P1")] = "f";
    const Composition composed = compose(site, device_class, {}, set_of("P1", "d"));
    EXPECT_THAT(composed.at(name_of("P1")).overridden,
                ElementsAre(LayerValue{Layer::site, "s"}, LayerValue{Layer::class_file, "f"}));
    EXPECT_TRUE(composed.at(name_of("P2")).overridden.empty());
}

TEST(DeviceDocuments, OneXmlFileOnItsShelfAndWhereANewDeviceAsksForItsOwnerOnly) {
    DeviceClass device_class = plain_class();
    device_class.defaults = {{known::config_prefix, "gs_"}, {known::config_postfix, "_1"}};
    device_class.access = AccessRule::lease;
    const auto documents = documents_of(facts_of(device_class, set_of("P47", "sip")));
    ASSERT_EQ(documents.size(), 1U);
    const Document& document = documents.front();
    EXPECT_THAT(document.paths, ElementsAre("gs_@_1/cfg000b82123456.xml", "@/cfg000b82123456.xml"));
    EXPECT_EQ(document.owner, mac_of("000b82123456"));
    EXPECT_EQ(document.access, AccessRule::lease);
    const auto& content = std::get<GsDocument>(document.content);
    EXPECT_EQ(content.mac, mac_of("000b82123456"));
    EXPECT_THAT(content.parameters,
                ElementsAre(Pair(name_of("P47"), "sip"), Pair(known::config_prefix, "gs_"),
                            Pair(known::config_postfix, "_1")));
    EXPECT_EQ(*parse_gs_xml("x", document.plain), content);
    const auto& container = std::get<InContainer>(document.sealing);
    EXPECT_EQ(container.password.reveal(), "Password1");
    EXPECT_EQ(container.digest, KeyDigest::md5);
    EXPECT_TRUE(container.salted);
}

TEST(DeviceDocuments, FollowTheClassesFormats) {
    DeviceClass device_class = plain_class();
    device_class.formats.salted = false;
    device_class.formats.digest = KeyDigest::sha256;
    device_class.formats.mac_element = false;
    device_class.access = AccessRule::open;
    const auto sealed = documents_of(facts_of(device_class));
    ASSERT_EQ(sealed.size(), 1U);
    const auto& container = std::get<InContainer>(sealed.front().sealing);
    EXPECT_FALSE(container.salted);
    EXPECT_EQ(container.digest, KeyDigest::sha256);
    EXPECT_FALSE(std::get<GsDocument>(sealed.front().content).mac);
    EXPECT_EQ(sealed.front().access, AccessRule::open);
    device_class.formats.encrypted = false;
    const auto clear = documents_of(facts_of(device_class));
    ASSERT_EQ(clear.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<InClear>(clear.front().sealing));
}

TEST(DeviceDocuments, CarryWhatTheDeviceMustShowOverHttpButForTheFileThatBringsIt) {
    DeviceClass device_class = plain_class();
    device_class.names.files = {{"cfg{mac}.xml", FileForm::xml}, {"cfg{mac}", FileForm::binary}};
    ParameterSet own = set_of("P1360", "phone");
    own.merge(set_of("P1361", "secret"));
    const auto credentials_of = [&](FileForm form) {
        std::optional<HttpCredentials> found;
        for (const Document& document : documents_of(facts_of(device_class, own)))
            if (std::holds_alternative<BinaryFile>(document.content) == (form == FileForm::binary))
                found = document.http;
        return found;
    };
    EXPECT_EQ(credentials_of(FileForm::xml), std::nullopt);
    device_class.http_auth = HttpAuth::digest;
    EXPECT_EQ(credentials_of(FileForm::xml),
              make_credentials(HttpAuth::digest, "phone", Secret("secret")));
    EXPECT_EQ(credentials_of(FileForm::binary), std::nullopt);
    own.clear();
    const auto none = credentials_of(FileForm::xml);
    ASSERT_TRUE(none);
    EXPECT_EQ(none->ha1_md5, "");
}

TEST(DeviceDocuments, AreThoseThatTheClassNames) {
    DeviceClass device_class = plain_class();
    device_class.names.files = {{"cfg{model}.xml", FileForm::xml}, {"cfg.xml", FileForm::xml}};
    EXPECT_THAT(documents_of(facts_of(device_class)), IsEmpty());
    device_class.names.files = {{"cfg{mac}", FileForm::binary},
                                {"cfg{mac}.xml", FileForm::xml},
                                {"dev{mac}.cfg", FileForm::xml},
                                {"dev{mac}.bin", FileForm::legacy}};
    const auto documents = documents_of(facts_of(device_class, set_of("P47", "sip")));
    ASSERT_EQ(documents.size(), 3U);
    EXPECT_THAT(documents[0].paths, ElementsAre("@/cfg000b82123456.xml", "@/dev000b82123456.cfg"));
    EXPECT_THAT(documents[1].paths, ElementsAre("@/cfg000b82123456"));
    EXPECT_THAT(documents[2].paths, ElementsAre("@/dev000b82123456.bin"));
    for (const Document& document : documents)
        EXPECT_EQ(document.owner, mac_of("000b82123456"));
}

TEST(DeviceDocuments, ABinaryFileIsInClearForTheDevice) {
    DeviceClass device_class = plain_class();
    device_class.names.files = {{"cfg{mac}", FileForm::binary}};
    device_class.formats.gnkey = "1234";
    const auto documents = documents_of(facts_of(device_class, set_of("P47", "sip")));
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<InClear>(documents.front().sealing));
    const GsBinary expected{mac_of("000b82123456"), set_of("P47", "sip")};
    EXPECT_EQ(decode_gs_binary(documents.front().plain).value(), expected);
    EXPECT_EQ(documents.front().plain, encode_gs_binary(expected, "1234").value());
}

TEST(DeviceDocuments, ALegacyFileIsATemplateForTheEncoderOfTheClass) {
    DeviceClass device_class = plain_class();
    device_class.names.files = {{"cfg{mac}", FileForm::legacy}};
    const auto documents = documents_of(facts_of(device_class, set_of("P47", "sip")));
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(as_text(documents.front().plain),
              render_parameter_text(set_of("P47", "sip")).value());
    const auto& encoder = std::get<ByEncoder>(documents.front().sealing);
    EXPECT_EQ(encoder.class_name, "gxp");
    EXPECT_EQ(encoder.mac, mac_of("000b82123456"));
}

TEST(DeviceDocuments, AVendorsFileTakesThePlaceOfBothBinaryForms) {
    DeviceClass device_class = plain_class();
    device_class.names.files = {{"cfg{mac}.xml", FileForm::xml},
                                {"cfg{mac}", FileForm::binary},
                                {"dev{mac}.bin", FileForm::legacy}};
    DeviceFacts facts = facts_of(device_class, set_of("P47", "sip"));
    facts.vendor_file = Bytes{1, 2, 3};
    const auto documents = documents_of(facts);
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_THAT(documents[0].paths, ElementsAre("@/cfg000b82123456.xml"));
    EXPECT_TRUE(std::holds_alternative<GsDocument>(documents[0].content));
    EXPECT_THAT(documents[1].paths, ElementsAre("@/cfg000b82123456", "@/dev000b82123456.bin"));
    EXPECT_EQ(documents[1].plain, (Bytes{1, 2, 3}));
    EXPECT_TRUE(std::holds_alternative<InClear>(documents[1].sealing));
}

TEST(DeviceDocuments, AVendorsFileIsServedEvenIfTheClassNamesNone) {
    const DeviceClass device_class = plain_class();
    DeviceFacts facts = facts_of(device_class);
    facts.vendor_file = Bytes{1, 2, 3};
    EXPECT_THAT(paths_of(facts), ElementsAre("@/cfg000b82123456.xml", "@/cfg000b82123456"));
}

TEST(DeviceDocuments, StandOnTheShelvesThatTheDeviceWasToldBefore) {
    DeviceClass device_class = plain_class();
    device_class.defaults = {{known::config_prefix, "new_"}};
    DeviceFacts facts = facts_of(device_class);
    facts.told_shelves = {"old_@", "new_@", "@_older"};
    EXPECT_THAT(paths_of(facts),
                ElementsAre("new_@/cfg000b82123456.xml", "old_@/cfg000b82123456.xml",
                            "@_older/cfg000b82123456.xml", "@/cfg000b82123456.xml"));
}

TEST(DeviceDocuments, AShelfOfItsOwnMovesADevicesFileAndTheOneWithoutKeepsIt) {
    DeviceClass device_class = plain_class();
    device_class.defaults = {{known::config_prefix, "gs_"}};
    EXPECT_THAT(paths_of(facts_of(device_class, set_of("P234", "own/"))),
                ElementsAre("own/@/cfg000b82123456.xml", "@/cfg000b82123456.xml"));
    EXPECT_THAT(paths_of(facts_of(device_class, set_of("P235", "_own"))),
                ElementsAre("gs_@_own/cfg000b82123456.xml", "@/cfg000b82123456.xml"));
    EXPECT_THAT(paths_of(facts_of(device_class, set_of("P234", ""))),
                ElementsAre("@/cfg000b82123456.xml"));
}

TEST(DeviceDocuments, HaveAliasNamesInVersion2) {
    DeviceClass device_class = plain_class();
    device_class.formats.xml_version = XmlVersion::aliases;
    const DeviceFacts facts =
        facts_of(device_class, {{name_of("P47"), "sip.example.net"}, {name_of("P212"), "2"}});
    const auto documents = documents_of(facts, test::test_dictionary());
    ASSERT_EQ(documents.size(), 1U);
    const auto& content = std::get<GsAliasDocument>(documents.front().content);
    EXPECT_EQ(content.mac, mac_of("000b82123456"));
    EXPECT_THAT(content.items, ElementsAre(Pair("account.1.sip.server", "sip.example.net"),
                                           Pair("provision.protocol", "HTTPS")));
    EXPECT_EQ(*parse_gs_alias_xml("x", documents.front().plain), content);
}

TEST(DeviceDocuments, InVersion2AParameterWithoutAnAliasPathIsRefusedByName) {
    DeviceClass device_class = plain_class();
    device_class.formats.xml_version = XmlVersion::aliases;
    for (const auto& [name, told] :
         {std::pair{"P901", "P901 (web-port)"}, std::pair{"P9999", "P9999"}}) {
        const auto refused =
            device_documents(facts_of(device_class, set_of(name, "80")), test::test_dictionary());
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message,
                    testing::StartsWith("000b82123456: " + std::string(told) + ":"));
    }
}

TEST(DeviceDocuments, NameTheDeviceWhoseValueCannotBeRendered) {
    const DeviceClass device_class = plain_class();
    const auto refused = device_documents(facts_of(device_class, set_of("P47", "\x01")), {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("000b82123456"));
    EXPECT_THAT(refused.error().message, HasSubstr("P47"));
}

TEST(DeviceDocuments, RefuseAnXmlPasswordAmongTheParameters) {
    DeviceClass device_class = plain_class();
    device_class.defaults = set_of("P1359", "x");
    const auto refused = device_documents(facts_of(device_class), {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("gxp.xml:1"));
    EXPECT_THAT(refused.error().message, HasSubstr("P1359"));
}

TEST(DeviceDocuments, RefuseAShelfThatLeavesTheTree) {
    DeviceClass device_class = plain_class();
    device_class.defaults = set_of("P234", "../../etc/");
    const auto refused = device_documents(facts_of(device_class), {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("000b82123456"));
    const auto generic = generic_documents({}, ClassTable({device_class}), {});
    ASSERT_FALSE(generic);
    EXPECT_THAT(generic.error().message, HasSubstr("class gxp"));
}

TEST(GenericDocuments, HoldPublicParametersOnly) {
    const SharedParameters site = {{name_of("P64"), {"auto", true}},
                                   {name_of("P34"), {"topsecret", false}}};
    const auto documents = generic_documents({{of_site, site}}, {}, {});
    ASSERT_TRUE(documents);
    ASSERT_EQ(documents->size(), 1U);
    const Document& document = documents->front();
    EXPECT_THAT(document.paths, ElementsAre("@/cfg.xml"));
    const auto& content = std::get<GsDocument>(document.content);
    EXPECT_THAT(content.parameters, ElementsAre(Pair(name_of("P64"), "auto")));
    EXPECT_THAT(std::string(as_text(document.plain)), Not(HasSubstr("topsecret")));
    EXPECT_FALSE(content.mac);
    EXPECT_FALSE(document.owner);
    EXPECT_TRUE(std::holds_alternative<InClear>(document.sealing));
    EXPECT_EQ(document.access, AccessRule::open);
}

TEST(GenericDocuments, StandOnTheShelfOfEveryClassOnce) {
    DeviceClass one = plain_class("one");
    one.defaults = {{known::config_prefix, "gs_"}};
    DeviceClass same = one;
    same.name = "same";
    DeviceClass deep = one;
    deep.name = "deep";
    deep.defaults = {{known::config_prefix, "HT502/"}};
    std::vector<std::string> paths;
    for (const auto& [path, content] : generic_of({}, {one, same, deep}))
        paths.push_back(path);
    EXPECT_THAT(paths, UnorderedElementsAre("@/cfg.xml", "gs_@/cfg.xml", "HT502/@/cfg.xml"));
}

TEST(GenericDocuments, FollowTheShelfThatTheClassWasGivenByTheOperator) {
    DeviceClass device_class = plain_class();
    device_class.defaults = {{known::config_prefix, "gs_"}};
    const auto files =
        generic_of({{"gxp", {{known::config_prefix, {"other_", false}}}}}, {device_class});
    EXPECT_EQ(files.count("other_@/cfg.xml"), 1U);
    EXPECT_EQ(files.count("gs_@/cfg.xml"), 0U);
}

TEST(GenericDocuments, AFileOfEachModelHasThePublicParametersOfItsClass) {
    DeviceClass device_class = plain_class();
    device_class.names.models = {"gxp2130", "gxp2160"};
    device_class.defaults = set_of("P34", "not for everybody");
    const Shared shared = {
        {of_site, {{name_of("P64"), {"site", true}}, {name_of("P1"), {"x", true}}}},
        {"gxp", {{name_of("P64"), {"class", true}}, {name_of("P2"), {"y", false}}}},
        {"ht", {{name_of("P3"), {"z", true}}}}};
    const auto files = generic_of(shared, {device_class});
    EXPECT_EQ(files.size(), 3U);
    EXPECT_THAT(std::get<GsDocument>(files.at("@/cfg.xml")).parameters,
                ElementsAre(Pair(name_of("P1"), "x"), Pair(name_of("P64"), "site")));
    for (const char* path : {"@/cfggxp2130.xml", "@/cfggxp2160.xml"}) {
        const auto& content = std::get<GsDocument>(files.at(path));
        EXPECT_FALSE(content.mac);
        EXPECT_THAT(content.parameters,
                    ElementsAre(Pair(name_of("P1"), "x"), Pair(name_of("P64"), "class")));
    }
}

TEST(GenericDocuments, TextTemplatesAreForEverybodyToo) {
    DeviceClass device_class = plain_class();
    device_class.names.models = {"ht502"};
    device_class.names.files = {{"cfg.txt", FileForm::text}, {"cfg{model}.txt", FileForm::text}};
    const auto files = generic_of(
        {{of_site, {{name_of("P64"), {"auto", true}}}}, {"gxp", {{name_of("P2"), {"y", true}}}}},
        {device_class});
    EXPECT_THAT(std::get<TextTemplate>(files.at("@/cfg.txt")).parameters,
                ElementsAre(Pair(name_of("P64"), "auto")));
    EXPECT_THAT(std::get<TextTemplate>(files.at("@/cfght502.txt")).parameters,
                ElementsAre(Pair(name_of("P2"), "y"), Pair(name_of("P64"), "auto")));
    EXPECT_EQ(files.size(), 3U) << "cfg.xml is there in any case";
}

TEST(GenericDocuments, OnlyAFileOfAModelIsInVersion2) {
    DeviceClass device_class = plain_class();
    device_class.names.models = {"gxp2130"};
    device_class.formats.xml_version = XmlVersion::aliases;
    const auto files = generic_of({{of_site, {{name_of("P47"), {"sip", true}}}}}, {device_class},
                                  test::test_dictionary());
    EXPECT_THAT(std::get<GsAliasDocument>(files.at("@/cfggxp2130.xml")).items,
                ElementsAre(Pair("account.1.sip.server", "sip")));
    EXPECT_THAT(std::get<GsDocument>(files.at("@/cfg.xml")).parameters,
                ElementsAre(Pair(name_of("P47"), "sip")));
}

TEST(GenericDocuments, TwoClassesThatContradictOnOnePathAreRefused) {
    DeviceClass one = plain_class("one");
    one.names.models = {"gxp2130"};
    DeviceClass two = plain_class("two");
    two.names.models = {"gxp2130"};
    const ClassTable classes({one, two});
    EXPECT_TRUE(generic_documents({}, classes, {})) << "they say the same";
    const auto refused = generic_documents({{"two", {{name_of("P64"), {"x", true}}}}}, classes, {});
    ASSERT_FALSE(refused);
    for (const char* part : {"class one", "class two", "@/cfggxp2130.xml"})
        EXPECT_THAT(refused.error().message, HasSubstr(part));
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
