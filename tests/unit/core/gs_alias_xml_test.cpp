#include "core/formats/gs_alias_xml.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Result<GsAliasDocument> parse(const std::string& items, const std::string& mac = "") {
    return parse_gs_alias_xml("f.xml", as_bytes("<gs_provision version=\"1\">" + mac +
                                                "<config version=\"2\">\n" + items +
                                                "</config></gs_provision>"));
}

TEST(GsAliasXml, RendersByteForByte) {
    const GsAliasDocument document{Mac::parse("000b82123456").value(),
                                   {{"account.1.enable", "Yes"},
                                    {"account.1.sip.userid", "a&b"},
                                    {"account.1.name", " <desk> "},
                                    {"flat", "\r"}}};
    EXPECT_EQ(render_gs_alias_xml(document).value(),
              "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<gs_provision version=\"1\">\n"
              "<mac>000b82123456</mac>\n<config version=\"2\">\n"
              "<item name=\"flat\">&#13;</item>\n"
              "<item name=\"account.1\">\n<part name=\"enable\">Yes</part>\n"
              "<part name=\"name\"> &lt;desk&gt; </part>\n</item>\n"
              "<item name=\"account.1.sip\">\n<part name=\"userid\">a&amp;b</part>\n</item>\n"
              "</config>\n</gs_provision>\n");
}

TEST(GsAliasXml, ReadsPartsAndWholePaths) {
    const auto read = parse("<item name=\"account.1\"><part name=\"enable\">Yes</part></item>"
                            "<item name=\"account.1.sip.userid\">201</item>",
                            "<mac>000B82123456</mac>");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->mac, Mac::parse("000b82123456").value());
    EXPECT_THAT(read->items,
                ElementsAre(Pair("account.1.enable", "Yes"), Pair("account.1.sip.userid", "201")));
}

TEST(GsAliasXml, RefusesOtherDocumentsWithTheLine) {
    const auto refusal = [](const std::string& items) {
        const auto read = parse(items);
        return read ? "taken" : read.error().message;
    };
    EXPECT_THAT(refusal("<P47>x</P47>"), HasSubstr("f.xml:2: <P47> is unknown"));
    EXPECT_THAT(refusal("<item>x</item>"), HasSubstr("f.xml:2: name: want words"));
    EXPECT_THAT(refusal("<item name=\"a..b\">x</item>"), HasSubstr("'a..b'"));
    EXPECT_THAT(
        refusal("<item name=\"a.b\">x</item><item name=\"a\"><part name=\"b\">y</part></item>"),
        HasSubstr("a.b stands twice"));
    EXPECT_THAT(refusal("<item name=\"a\">x<part name=\"b\">y</part></item>"),
                HasSubstr("f.xml:2"));
    EXPECT_THAT(parse_gs_alias_xml("f.xml", as_bytes("<gs_provision><config "
                                                     "version=\"1\"/></gs_provision>"))
                    .error()
                    .message,
                HasSubstr("want <config> of version 2"));
}

TEST(GsAliasXml, RefusesToRenderWhatXmlCannotCarry) {
    EXPECT_THAT(render_gs_alias_xml({{}, {{"a.b", "x\x01"}}}).error().message,
                HasSubstr("a.b: byte 2"));
    EXPECT_FALSE(render_gs_alias_xml({{}, {{"a b", "x"}}}));
    EXPECT_FALSE(render_gs_alias_xml({{}, {{"", "x"}}}));
}

Dictionary sample() {
    const auto number = [](std::uint32_t digits) { return ParameterName::numbered(digits); };
    const EnumerationType protocol{{{"0", "TFTP", "TFTP"}, {"2", "HTTPS", "HTTPS"}}};
    return Dictionary(
        {{number(212), "protocol", {}, "config.protocol", "", {{{}, protocol, {}}}, ""},
         {number(271), "active", {}, "account.1.enable", "", {{{}, BoolType{}, {}}}, ""},
         {number(47), "server", {}, "account.1.server", "", {{{"ht"}, HostType{}, {}}}, ""},
         {number(3), "name", {}, "", "", {{{}, TextType{}, {}}}, ""}});
}

TEST(Aliases, NumbersBecomeWordsAndComeBack) {
    const ParameterSet parameters = {{ParameterName::numbered(47), "h"},
                                     {ParameterName::numbered(212), "2"},
                                     {ParameterName::numbered(271), "1"}};
    const auto items = to_aliases(parameters, sample(), "gxp");
    ASSERT_TRUE(items) << items.error().message;
    EXPECT_THAT(*items, ElementsAre(Pair("account.1.enable", "Yes"), Pair("account.1.server", "h"),
                                    Pair("config.protocol", "HTTPS")));
    EXPECT_EQ(from_aliases(*items, sample(), "gxp").value(), parameters);
}

TEST(Aliases, WhatHasNoAliasIsRefusedByName) {
    EXPECT_THAT(to_aliases({{ParameterName::numbered(3), "x"}}, sample(), "").error().message,
                HasSubstr("P3 (name): the dictionary has no alias path"));
    EXPECT_THAT(to_aliases({{ParameterName::numbered(99), "x"}}, sample(), "").error().message,
                HasSubstr("P99"));
    EXPECT_THAT(from_aliases({{"un.known", "x"}}, sample(), "").error().message,
                HasSubstr("'un.known' is in no dictionary"));
    EXPECT_THAT(from_aliases({{"account.1.enable", "x"}, {"ACCOUNT.1.enable", "y"}}, sample(), "")
                    .error()
                    .message,
                HasSubstr("stands twice"));
}

} // namespace
} // namespace plugtone
