#include "core/classes/parameter_xml.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

std::string outcome(std::string_view xml, ParameterSet& into) {
    const auto source = XmlSource::parse("f", as_bytes(xml));
    if (!source)
        return source.error().message;
    const Done done = read_parameters(*source, source->root(), into);
    return done ? "taken" : done.error().message;
}

TEST(ParameterXml, AddsEveryElementWithItsTextAsItStands) {
    ParameterSet set = {{*ParameterName::parse("P1"), "before"}};
    EXPECT_EQ(outcome("<d>\n<P270> a &amp; b </P270>\n<p3/><P4><![CDATA[<x>]]></P4></d>", set),
              "taken");
    const ParameterSet wanted = {{*ParameterName::parse("P1"), "before"},
                                 {*ParameterName::parse("P3"), ""},
                                 {*ParameterName::parse("P4"), "<x>"},
                                 {*ParameterName::parse("P270"), " a & b "}};
    EXPECT_EQ(set, wanted);
}

TEST(ParameterXml, RefusesWhatCouldNotBeWrittenBack) {
    ParameterSet set;
    EXPECT_EQ(outcome("<d>\n<P1>a</P1>\n<p1>b</p1></d>", set), "f:3: P1 stands twice");
    EXPECT_EQ(outcome("<d>\n<P1 x='1'/></d>", set),
              "f:2: <P1> has the unknown attribute 'x'; known: none");
    EXPECT_EQ(
        outcome("<d>\n<P2>" + std::string(parameter_value_size_max + 1, 'a') + "</P2></d>", set),
        "f:2: P2: want at most 8192 bytes, got 8193");
}

} // namespace
} // namespace plugtone
