#include "core/formats/gs_xml.hpp"

#include <gtest/gtest.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

const Mac mac = *Mac::parse("000b82123456");

ParameterName name_of(std::string_view text) {
    return *ParameterName::parse(text);
}

std::string refusal(std::string_view text) {
    const auto refused = parse_gs_xml("cfg.xml", as_bytes(text));
    return refused ? "taken" : refused.error().message;
}

std::string with_config(const std::string& inside) {
    return "<gs_provision version='1'>\n<config version='1'>\n" + inside +
           "</config></gs_provision>";
}

TEST(GsXml, RendersByteForByte) {
    const GsDocument document{
        mac, {{name_of("P271"), "1"}, {name_of("P34"), "p&ss<w>(1)"}, {name_of("P1000"), ""}}};
    EXPECT_EQ(*render_gs_xml(document), "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n"
                                        "<gs_provision version=\"1\">\n"
                                        "<mac>000b82123456</mac>\n"
                                        "<config version=\"1\">\n"
                                        "<P34>p&amp;ss&lt;w&gt;(1)</P34>\n"
                                        "<P271>1</P271>\n"
                                        "<P1000></P1000>\n"
                                        "</config>\n"
                                        "</gs_provision>\n");
}

TEST(GsXml, RendersNoMacForTheGenericFile) {
    EXPECT_EQ(render_gs_xml({std::nullopt, {}})->find("<mac>"), std::string::npos);
}

TEST(GsXml, ReadsTheGuidesExample) {
    const auto text = test::content_of(PLUGTONE_TEST_DATA "/vectors/openssl/plain1.xml");
    const auto document = parse_gs_xml("plain1.xml", as_bytes(text));
    ASSERT_TRUE(document) << document.error().message;
    EXPECT_EQ(document->mac, mac);
    const ParameterSet wanted = {{name_of("P271"), "0"}, {name_of("P270"), "Account name"}};
    EXPECT_EQ(document->parameters, wanted);
}

TEST(GsXml, EveryValueComesBackAsItWas) {
    for (const char* value :
         {"p&ss<w>(1)", "&amp;", "]]>", "\"quoted\" 'too'", " blanks ", "",
          "tab\tline\nreturn\r\r\n", "Büro €😀", "<!-- no -->", "&#13;", "%20+"}) {
        const GsDocument document{mac, {{name_of("P34"), value}}};
        const auto text = render_gs_xml(document);
        ASSERT_TRUE(text) << value;
        const auto back = parse_gs_xml("x", as_bytes(*text));
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(*back, document) << *text;
    }
}

TEST(GsXml, RefusesToRenderWhatXmlCannotCarry) {
    const auto refused = render_gs_xml({mac, {{name_of("P34"), "secret\x01"}}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message.find("P34: byte 7 is not a character"), 0U);
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
}

TEST(GsXml, RefusesOtherDocumentsWithTheLine) {
    EXPECT_EQ(refusal("<config/>"), "cfg.xml:1: want <gs_provision>, got <config>");
    EXPECT_EQ(refusal("<gs_provision/>"), "cfg.xml:1: want one <config>");
    EXPECT_EQ(refusal("<gs_provision><config/>\n<config/></gs_provision>"),
              "cfg.xml:1: want one <config>");
    EXPECT_EQ(refusal("<gs_provision>\n<x/><config/></gs_provision>"),
              "cfg.xml:2: <x> is unknown in <gs_provision>; known: mac, config");
    EXPECT_EQ(refusal("<gs_provision version='2'><config/></gs_provision>"),
              "cfg.xml:1: want <gs_provision> of version 1");
    EXPECT_EQ(refusal("<gs_provision>\n<config version='2'/></gs_provision>"),
              "cfg.xml:2: want <config> of version 1 (P-values); this one has alias names");
    EXPECT_EQ(refusal("<gs_provision>\n<config x=''/></gs_provision>"),
              "cfg.xml:2: <config> has the unknown attribute 'x'; known: version");
}

TEST(GsXml, RefusesAMacThatIsNoneOrStandsTwice) {
    EXPECT_EQ(refusal("<gs_provision>\n<mac>000b8212345</mac><config/></gs_provision>")
                  .find("cfg.xml:2: MAC: want 12 hex digits"),
              0U);
    EXPECT_EQ(refusal("<gs_provision><mac>000b82123456</mac>\n<mac>000b82123457</mac><config/>"
                      "</gs_provision>"),
              "cfg.xml:2: <mac> stands twice");
}

TEST(GsXml, RefusesParametersThatAreNotOne) {
    EXPECT_EQ(refusal(with_config("<X1>a</X1>")),
              "cfg.xml:3: parameter: want P and a number such as P270, got 'X1'");
    EXPECT_EQ(refusal(with_config("<P1>a</P1>\n<P1>b</P1>")), "cfg.xml:4: P1 stands twice");
    EXPECT_EQ(refusal(with_config("<P1><b/></P1>")), "cfg.xml:3: <P1> wants text only, got <b>");
    EXPECT_EQ(refusal(with_config("<P1 a='b'/>")),
              "cfg.xml:3: <P1> has the unknown attribute 'a'; known: none");
    EXPECT_EQ(refusal(with_config("P1=a")), "cfg.xml:2: <config> holds the stray text 'P1=a'");
    EXPECT_EQ(refusal(with_config("<P1>" + std::string(8193, 'a') + "</P1>")),
              "cfg.xml:3: P1: want at most 8192 bytes, got 8193");
    EXPECT_EQ(refusal(with_config("<P1>a&b</P1>")).find("cfg.xml:3: '&' begins no reference"), 0U);
}

TEST(GsXml, WrongPasswordsGarbageIsRefused) {
    EXPECT_NE(refusal("\x8f\x01garbage"), "taken");
    EXPECT_NE(refusal(""), "taken");
}

} // namespace
} // namespace plugtone
