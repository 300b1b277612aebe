#include "core/classes/class_names.hpp"

#include <gmock/gmock.h>

#include "core/classes/class_file.hpp"
#include "core/classes/known_parameters.hpp"

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<DeviceClass> parse(const std::string& body, const std::string& vendor = "") {
    auto classes = parse_class_file(
        "f.xml", as_bytes("<device-classes vendor=\"acme\"><defaults>" + vendor +
                          "</defaults><class name=\"one\"><match oui=\"000b82\"/><offer "
                          "url=\"http://{server}\"/>" +
                          body + "</class></device-classes>"));
    if (!classes)
        return tl::unexpected(classes.error());
    return classes->front();
}

std::string refusal(const std::string& body, const std::string& vendor = "") {
    const auto refused = parse(body, vendor);
    return refused ? "taken" : refused.error().message;
}

TEST(ClassNames, FilesAreNamedOneByOne) {
    const auto made = parse("<names><file form=\"binary\">cfg{mac}</file><file>dev{mac}.cfg</file>"
                            "<file form=\"text\">cfg.txt</file></names>");
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_THAT(made->names.files, ElementsAre(FileRule{"cfg{mac}", FileForm::binary},
                                               FileRule{"dev{mac}.cfg", FileForm::xml},
                                               FileRule{"cfg.txt", FileForm::text}));
    EXPECT_TRUE(made->names.files[0].is_own());
    EXPECT_FALSE(made->names.files[2].is_own());
}

TEST(ClassNames, WithoutAnyTheyAreTheUsualOnes) {
    EXPECT_EQ(parse("<names/>")->names.files, usual_config_files());
}

TEST(ClassNames, PrefixesAreOneSettingWithTheirParameters) {
    const auto made = parse("<names config-prefix=\"a/b_\" firmware-postfix=\"_1\"/>");
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->defaults.at(known::config_prefix), "a/b_");
    EXPECT_EQ(made->defaults.at(known::firmware_postfix), "_1");
    EXPECT_FALSE(made->defaults.contains(known::config_postfix));
    EXPECT_TRUE(parse("<names config-prefix=\"a\"/><defaults><P234>a</P234></defaults>"));
    EXPECT_THAT(refusal("<names config-prefix=\"a\"/><defaults><P234>b</P234></defaults>"),
                HasSubstr("they are one setting"));
    EXPECT_EQ(
        parse("<names config-prefix=\"a\"/>", "<P234>b</P234>")->defaults.at(known::config_prefix),
        "a")
        << "the class lies over the vendor";
    EXPECT_NE(refusal("<defaults><P234>../../etc/</P234></defaults>"), "taken");
    EXPECT_NE(refusal("", "<P235>a/b</P235>"), "taken");
}

TEST(ClassNames, RefusesFilesThatCannotBe) {
    const auto file = [](const std::string& form, const std::string& name) {
        return refusal("<formats legacy-encoder=\"/x\"/><names><file form=\"" + form + "\">" +
                       name + "</file></names>");
    };
    EXPECT_EQ(file("legacy", "cfg{mac}"), "taken");
    EXPECT_THAT(file("html", "cfg{mac}"), HasSubstr("want xml, binary, legacy or text"));
    EXPECT_THAT(file("xml", "{mac}.xml"), HasSubstr("want cfg{mac} or dev{mac}"))
        << "the file server would not know it for private";
    EXPECT_THAT(file("xml", "a/cfg{mac}.xml"), HasSubstr("want a basic name"));
    EXPECT_THAT(file("xml", "cfg{mac}{mac}.xml"), HasSubstr("once at most"));
    EXPECT_THAT(file("xml", "cfg{site}.xml"), HasSubstr("want a basic name"));
    EXPECT_THAT(file("xml", ""), HasSubstr("want a basic name"));
    EXPECT_THAT(file("text", "cfg{mac}.txt"), HasSubstr("without {mac} only"));
    EXPECT_THAT(file("legacy", "cfg"), HasSubstr("with {mac} only"));
    EXPECT_THAT(refusal("<names><file>cfg.xml</file><file form=\"text\">cfg.xml</file></names>"),
                HasSubstr("stands twice"));
    EXPECT_THAT(refusal("<names><model>GXP 2130</model></names>"), HasSubstr("gxp2130"));
    EXPECT_THAT(refusal("<names><file form=\"legacy\">cfg{mac}</file></names>"),
                HasSubstr("wants a legacy-encoder"));
}

// A MAC address is part of a binary file: there is none for everybody.
TEST(ClassNames, ABinaryFileIsADevicesOwn) {
    EXPECT_THAT(refusal("<names><file form=\"binary\">cfg.bin</file></names>"),
                HasSubstr("with {mac} only"));
}

TEST(ClassNames, RefusesFormatsThatCannotBe) {
    EXPECT_THAT(refusal("<formats xml-version=\"3\"/>"), HasSubstr("want 1 (P-values) or 2"));
    EXPECT_THAT(refusal("<formats gnkey=\"0b8\"/>"), HasSubstr("4 hex digits"));
    EXPECT_THAT(refusal("<formats legacy-encoder=\"encode\"/>"), HasSubstr("whole path"));
    EXPECT_THAT(refusal("<formats legacy-encoder=\" \"/>"), HasSubstr("whole path"));
    EXPECT_THAT(refusal("<formats xml=\"yes\"/>"), HasSubstr("unknown attribute 'xml'"));
}

} // namespace
} // namespace plugtone
