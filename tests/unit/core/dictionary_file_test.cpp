#include "core/classes/dictionary_file.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

Result<std::vector<ParameterDefinition>> parse(const std::string& parameters) {
    return parse_dictionary_file(
        "f.xml", as_bytes("<parameters vendor=\"acme\">\n" + parameters + "</parameters>"));
}

TEST(DictionaryFile, ReadsAllThatAParameterSays) {
    const auto read =
        parse(R"(<parameter number="P212" name="protocol" v2="config.protocol" title="How">
        <alias>upgrade-via</alias>
        <enumeration default="1"><value code="0" word="TFTP"> tftp </value>
            <value code="1">HTTP</value></enumeration>
        <bool families="legacy old"/>
    </parameter>)");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_THAT(*read, SizeIs(1));
    const ParameterDefinition& made = read->front();
    EXPECT_EQ(made.number.text(), "P212");
    EXPECT_EQ(made.name, "protocol");
    EXPECT_EQ(made.alias_path, "config.protocol");
    EXPECT_EQ(made.title, "How");
    EXPECT_EQ(made.origin, "f.xml:2");
    EXPECT_THAT(made.aliases, ElementsAre("upgrade-via"));
    ASSERT_THAT(made.forms, SizeIs(2));
    EXPECT_EQ(made.forms[0].preset, "1");
    EXPECT_EQ(describe(made.forms[0].type), "0 (tftp) or 1 (HTTP)");
    EXPECT_EQ(to_word(made.forms[0].type, "0"), "TFTP");
    EXPECT_THAT(made.forms[1].families, ElementsAre("legacy", "old"));
    EXPECT_EQ(made.forms[1].preset, std::nullopt);
}

TEST(DictionaryFile, CountsTheNumbersOfOneMeaning) {
    const auto read =
        parse("<parameter number=\"P47 P402 P502\" name=\"account{n}.sip-server\" "
              "v2=\"account.{n}.server\" title=\"Account {n}\"><alias>server{n}</alias>"
              "<host/></parameter>");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_THAT(*read, SizeIs(3));
    EXPECT_EQ((*read)[2].number.text(), "P502");
    EXPECT_EQ((*read)[2].name, "account3.sip-server");
    EXPECT_EQ((*read)[2].alias_path, "account.3.server");
    EXPECT_EQ((*read)[2].title, "Account 3");
    EXPECT_THAT((*read)[2].aliases, ElementsAre("server3"));
}

TEST(DictionaryFile, ReadsEachTypesLimits) {
    const auto read = parse("<parameter number=\"P1\" name=\"a\"><integer min=\"-5\" max=\"7\" "
                            "unit=\"ms\" optional=\"yes\"/></parameter>"
                            "<parameter number=\"P2\" name=\"b\"><secret min=\"2\" max=\"2\" "
                            "hex=\"yes\"/></parameter>"
                            "<parameter number=\"P3\" name=\"c\"><path max=\"9\"/></parameter>"
                            "<parameter number=\"P4\" name=\"d\"><text max=\"3\"/></parameter>"
                            "<parameter number=\"P5\" name=\"e\"><host/></parameter>"
                            "<parameter number=\"P6\" name=\"f\"><bool/></parameter>");
    ASSERT_TRUE(read) << read.error().message;
    std::vector<std::string> told;
    for (const ParameterDefinition& made : *read)
        told.push_back(describe(made.forms.front().type));
    EXPECT_THAT(told, ElementsAre("-5 to 7 ms, or nothing", "a secret of 2 hex digits",
                                  "HOST/FOLDER without http:// in front, up to 9 bytes",
                                  "text of up to 3 bytes",
                                  "a host name or an address, :PORT behind it if need be",
                                  "0 (no) or 1 (yes)"));
}

struct Bad {
    const char* parameters;
    const char* why;
};

TEST(DictionaryFile, RefusesTheWholeFileWithTheLine) {
    for (const Bad& bad : std::vector<Bad>{
             {"<parameter number=\"47\" name=\"a\"><bool/></parameter>", "want P and a number"},
             {"<parameter name=\"a\"><bool/></parameter>", "number: want P"},
             {"<parameter number=\"P1\"><bool/></parameter>", "want a name"},
             {"<parameter number=\"P1\" name=\"p2\"><bool/></parameter>", "that is no number"},
             {"<parameter number=\"P1\" name=\"a b\"><bool/></parameter>", "want a name"},
             {"<parameter number=\"P1\" name=\"a\" v2=\"\"><bool/></parameter>", "want a name"},
             {"<parameter number=\"P1\" name=\"a\"><alias/><bool/></parameter>", "want a name"},
             {"<parameter number=\"P1\" name=\"a\"/>", "has no type"},
             {"<parameter number=\"P1\" name=\"a\"><colour/></parameter>", "<colour> is unknown"},
             {"<parameter number=\"P1\" name=\"a\"><bool/><host/></parameter>",
              "a second type for every family"},
             {"<parameter number=\"P1\" name=\"a\"><bool families=\"x\"/><host families=\"y x\"/>"
              "</parameter>",
              "a second type for family x"},
             {"<parameter number=\"P1\" name=\"a\"><bool families=\" \"/></parameter>", "families"},
             {"<parameter number=\"P1\" name=\"a\"><bool default=\"2\"/></parameter>",
              "default: want 0 (no) or 1 (yes), got '2'"},
             {"<parameter number=\"P1\" name=\"a\"><bool max=\"2\"/></parameter>",
              "unknown attribute 'max'"},
             {"<parameter number=\"P1\" name=\"a\"><integer min=\"1\"/></parameter>",
              "max: want a whole number"},
             {"<parameter number=\"P1\" name=\"a\"><integer min=\"2\" max=\"1\"/></parameter>",
              "min not above max"},
             {"<parameter number=\"P1\" name=\"a\"><secret min=\"2\" max=\"1\"/></parameter>",
              "min not above max"},
             {"<parameter number=\"P1\" name=\"a\"><enumeration><value code=\"1\"/></enumeration>"
              "</parameter>",
              "two <value> at least"},
             {"<parameter number=\"P1\" name=\"a\"><enumeration><value code=\"1\"/><value "
              "code=\"1\"/></enumeration></parameter>",
              "stands twice"},
             {"<parameter number=\"P1\" name=\"a\"><enumeration><value>x</value><value "
              "code=\"1\"/></enumeration></parameter>",
              "want a code"},
             {"<other/>", "<other> is unknown"},
         }) {
        const auto refused = parse(bad.parameters);
        ASSERT_FALSE(refused) << bad.parameters;
        EXPECT_THAT(refused.error().message, StartsWith("f.xml:2: ")) << bad.parameters;
        EXPECT_THAT(refused.error().message, HasSubstr(bad.why)) << bad.parameters;
    }
    EXPECT_THAT(parse_dictionary_file("f.xml", as_bytes("<device-classes/>")).error().message,
                HasSubstr("want <parameters>"));
}

} // namespace
} // namespace plugtone
