#include "core/base/xml_source.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

std::string refusal(std::string_view text) {
    const auto source = XmlSource::parse("f.xml", as_bytes(text));
    return source ? "taken" : source.error().message;
}

TEST(XmlSource, NamesTheLineOfANode) {
    const auto source = XmlSource::parse("f.xml", as_bytes("<a>\n\n <b/>\n<c\n x='1'/></a>"));
    ASSERT_TRUE(source);
    EXPECT_EQ(source->place(source->root()), "f.xml:1");
    EXPECT_EQ(source->place(source->root().child("b")), "f.xml:3");
    EXPECT_EQ(source->place(source->root().child("c")), "f.xml:4");
    EXPECT_EQ(source->fail_at(source->root().child("b"), "no").value().message, "f.xml:3: no");
}

TEST(XmlSource, KeepsItsPlacesWhenItIsMoved) {
    auto source = XmlSource::parse("f.xml", as_bytes("<a>\n<b/></a>"));
    const pugi::xml_node node = source->root().child("b");
    const XmlSource moved = std::move(*source);
    EXPECT_EQ(moved.place(node), "f.xml:2");
}

TEST(XmlSource, NamesTheLineOfASyntaxError) {
    EXPECT_TRUE(refusal("<a>\n<b>\n</a>").starts_with("f.xml:3: "));
    EXPECT_TRUE(refusal("<a>\n<b x=1/></a>").starts_with("f.xml:2: "));
    EXPECT_TRUE(refusal("").starts_with("f.xml:1: "));
}

TEST(XmlSource, RefusesWhatIsNoXmlText) {
    EXPECT_TRUE(refusal("<a>\n\xff</a>").starts_with("f.xml:2: not UTF-8"));
    EXPECT_TRUE(refusal("<a>\x01</a>").starts_with("f.xml:1: not UTF-8"));
    EXPECT_TRUE(refusal(std::string_view("<a>\0</a>", 8)).starts_with("f.xml:1: "));
}

TEST(XmlSource, WantsOneRootAndNothingBesideIt) {
    EXPECT_EQ(refusal("<a/>\n<b/>"), "f.xml:2: want one root element, got 2");
    EXPECT_EQ(refusal("<a/>\nx"), "f.xml:1: stray text 'x' outside the root element");
    EXPECT_EQ(refusal("x<a/>"), "f.xml:1: stray text 'x' outside the root element");
    EXPECT_EQ(refusal("<!-- only -->"), "f.xml:1: want one root element, got 0");
    EXPECT_EQ(refusal("\xef\xbb\xbf<?xml version='1.0'?>\n<!-- c -->\n<a/>\n<!-- d -->\n"),
              "taken");
}

// pugixml passes on what it does not know, and ends a value at &#0;: half of it would be lost.
TEST(XmlSource, RefusesReferencesThatAreNotXmls) {
    for (const char* reference :
         {"&ss;", "& b", "&", "&;", "&#;", "&#x;", "&#0;", "&#x0;", "&#1;", "&#xD800;", "&#xFFFE;",
          "&#x110000;", "&#99999999999;", "&#12a;", "&amp", "&AMP;"}) {
        const std::string text = "<a>\n<b c=\"x\">" + std::string(reference) + "</b></a>";
        EXPECT_TRUE(refusal(text).starts_with("f.xml:2: '&'")) << text << "\n" << refusal(text);
        const std::string attribute = "<a>\n<b c=\"" + std::string(reference) + "\"/></a>";
        EXPECT_TRUE(refusal(attribute).starts_with("f.xml:2: '&'")) << attribute;
    }
}

TEST(XmlSource, TakesTheReferencesOfXmlAndWhatLooksLikeOnesElsewhere) {
    const auto source = XmlSource::parse(
        "f", as_bytes("<a>&amp;&lt;&gt;&quot;&apos;&#13;&#xe4;<![CDATA[&x;]]><!-- &y; --></a>"));
    ASSERT_TRUE(source) << source.error().message;
    EXPECT_EQ(*source->text_of(source->root()), "&<>\"'\rä&x;");
}

// "<!--" in an attribute begins no comment: what follows it is looked at like all else.
TEST(XmlSource, RefusesWhatIsNotWellFormedAndPugixmlTakes) {
    EXPECT_EQ(refusal("<a>\n<b c=\"<!--\"/>&#0;</a>"), "f.xml:2: '<' in an attribute: want &lt;");
    EXPECT_EQ(refusal("<a>\n<b c='<'/></a>"), "f.xml:2: '<' in an attribute: want &lt;");
    EXPECT_EQ(refusal("<!DOCTYPE a [<!ENTITY x \"y\">]>\n<a>&x;</a>"),
              "f.xml:1: a document type is not read");
    EXPECT_EQ(refusal("<a b='\">' c=\"'>\"><!-- ' --><?x \" ?><![CDATA[<\"]]>\"'></a>"), "taken");
}

TEST(XmlSource, RefusesUnknownAndRepeatedAttributes) {
    const auto source = XmlSource::parse("f.xml", as_bytes("<a x='1' y='2' x='3'/>"));
    EXPECT_EQ(source->only_attributes(source->root(), {"x"}).error().message,
              "f.xml:1: <a> has the unknown attribute 'y'; known: x");
    EXPECT_EQ(source->only_attributes(source->root(), {"x", "y"}).error().message,
              "f.xml:1: <a> has the attribute 'x' twice");
    EXPECT_EQ(source->only_attributes(source->root(), {}).error().message,
              "f.xml:1: <a> has the unknown attribute 'x'; known: none");
}

TEST(XmlSource, RefusesUnknownElementsAndStrayText) {
    const auto source = XmlSource::parse("f.xml", as_bytes("<a>\n<b/>\n<c/></a>"));
    EXPECT_TRUE(source->only_elements(source->root(), {"b", "c"}));
    EXPECT_EQ(source->only_elements(source->root(), {"b"}).error().message,
              "f.xml:3: <c> is unknown in <a>; known: b");
    const auto stray = XmlSource::parse("f.xml", as_bytes("<a><b/> oops </a>"));
    EXPECT_EQ(stray->only_elements(stray->root(), {"b"}).error().message,
              "f.xml:1: <a> holds the stray text 'oops'");
}

TEST(XmlSource, GivesTextWholeWithItsBlanks) {
    const auto source = XmlSource::parse("f", as_bytes("<a> x <!-- no -->\ty\r\n</a>"));
    EXPECT_EQ(*source->text_of(source->root()), " x \ty\n");
    const auto nested = XmlSource::parse("f", as_bytes("<a>x<b/></a>"));
    EXPECT_EQ(nested->text_of(nested->root()).error().message, "f:1: <a> wants text only, got <b>");
}

TEST(XmlSource, ReadsAFlagOrItsPreset) {
    const auto source = XmlSource::parse("f", as_bytes("<a on='yes' off='no' odd='1'/>"));
    EXPECT_TRUE(*source->flag(source->root(), "on", false));
    EXPECT_FALSE(*source->flag(source->root(), "off", true));
    EXPECT_TRUE(*source->flag(source->root(), "absent", true));
    EXPECT_EQ(source->flag(source->root(), "odd", true).error().message,
              "f:1: odd: want yes or no, got '1'");
}

TEST(XmlSource, SurvivesDeepNesting) {
    std::string text;
    for (int at = 0; at < 100000; ++at)
        text += "<a>";
    EXPECT_NE(refusal(text), "taken");
    for (int at = 0; at < 100000; ++at)
        text += "</a>";
    EXPECT_EQ(refusal(text), "taken");
}

} // namespace
} // namespace plugtone
