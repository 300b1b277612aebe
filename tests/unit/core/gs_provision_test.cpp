#include "core/formats/gs_provision.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& text) {
    const auto opened = open_gs_provision("f.xml", as_bytes(text));
    return opened ? "taken" : opened.error().message;
}

TEST(GsProvision, OpensWhatItCloses) {
    const Mac mac = Mac::parse("000b82123456").value();
    for (const XmlVersion version : {XmlVersion::parameters, XmlVersion::aliases}) {
        const std::string text = close_gs_provision(mac, version, "<x/>\n");
        const auto opened = open_gs_provision("f.xml", as_bytes(text));
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ(opened->mac, mac);
        EXPECT_EQ(opened->version, version);
        EXPECT_TRUE(opened->config.child("x"));
    }
}

TEST(GsProvision, RefusesVersionsThatNobodyKnows) {
    EXPECT_THAT(refusal("<gs_provision version=\"2\"><config/></gs_provision>"),
                HasSubstr("want <gs_provision> of version 1"));
    EXPECT_THAT(refusal("<gs_provision><config version=\"3\"/></gs_provision>"),
                HasSubstr("want version 1 or 2, got '3'"));
    EXPECT_THAT(refusal("<gs_provision/>"), HasSubstr("want one <config>"));
    EXPECT_EQ(refusal("<gs_provision><config/></gs_provision>"), "taken");
}

TEST(GsProvision, EscapesWhatXmlWouldTakeForItsOwn) {
    std::string text = "x";
    append_escaped(text, "a&b<c>\"d'\r\né");
    EXPECT_EQ(text, "xa&amp;b&lt;c&gt;&quot;d&apos;&#13;\né");
}

} // namespace
} // namespace plugtone
