#include "core/classes/class_file.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr std::string_view whole = R"(<?xml version="1.0" encoding="UTF-8"?>
<!-- a family -->
<device-classes vendor="grandstream">
  <defaults><P1>vendor</P1></defaults>
  <class name="gxp21xx" title="GXP21xx phones">
    <match vendor-class-glob="Grandstream GXP21?? *" oui="000b82 C074AD"/>
    <match mac-range="000b82000000-000b820000ff" user-class="voice" user-agent-prefix="GXP"/>
    <offer url="http://{server}/{class}">
      <option code="66">{url}</option>
      <option code="43" when="requested" override="yes">
        <sub code="1">{url}</sub>
        <sub code="2" form="hex">00fF</sub>
        <sub code="3" form="addresses">{server} 10.0.0.2</sub>
      </option>
      <option code="150" form="addresses"> 10.0.0.1 10.0.0.2 </option>
    </offer>
    <names config-prefix="gs/" config-postfix="_c" firmware-prefix="f_" firmware-postfix="_1">
      <firmware>gxp2160fw.bin</firmware>
      <model>gxp2160</model>
      <file form="binary">cfg{mac}</file>
      <file>cfg{model}.xml</file>
    </names>
    <formats encrypted="no" salted="no" mac-element="no" digest="sha256"
             xml-version="2" gnkey="AD0A" legacy-encoder="/opt/encode  --for {mac}"/>
    <access rule="certificate"/>
    <defaults><P2> a &amp; b </P2><P3/></defaults>
  </class>
  <class name="other">
    <match oui="001122"/>
    <offer url="tftp://{server}"/>
  </class>
</device-classes>
)";

TEST(ClassFile, ReadsAllThatAClassSays) {
    const auto classes = parse_class_file("f.xml", as_bytes(whole));
    ASSERT_TRUE(classes) << classes.error().message;
    ASSERT_THAT(*classes, SizeIs(2));
    const DeviceClass& made = classes->front();
    EXPECT_EQ(made.name, "gxp21xx");
    EXPECT_EQ(made.title, "GXP21xx phones");
    EXPECT_EQ(made.vendor, "grandstream");
    EXPECT_EQ(made.origin, "f.xml:5");
    EXPECT_EQ(made.url, "http://{server}/{class}");
    EXPECT_EQ(made.names.config_prefix, "gs/");
    EXPECT_EQ(made.names.config_postfix, "_c");
    EXPECT_EQ(made.names.firmware_prefix, "f_");
    EXPECT_EQ(made.names.firmware_postfix, "_1");
    EXPECT_THAT(made.names.firmware, testing::ElementsAre("gxp2160fw.bin"));
    EXPECT_THAT(made.names.models, testing::ElementsAre("gxp2160"));
    EXPECT_THAT(made.names.files, testing::ElementsAre(FileRule{"cfg{mac}", FileForm::binary},
                                                       FileRule{"cfg{model}.xml", FileForm::xml}));
    EXPECT_EQ(made.formats.xml_version, XmlVersion::aliases);
    EXPECT_EQ(made.formats.gnkey, "AD0A");
    EXPECT_THAT(made.formats.legacy_encoder, testing::ElementsAre("/opt/encode", "--for", "{mac}"));
    EXPECT_EQ(made.defaults.at(*ParameterName::parse("P234")), "gs/");
    EXPECT_EQ(made.defaults.at(*ParameterName::parse("P233")), "_1");
    EXPECT_FALSE(made.formats.encrypted);
    EXPECT_FALSE(made.formats.salted);
    EXPECT_FALSE(made.formats.mac_element);
    EXPECT_EQ(made.formats.digest, KeyDigest::sha256);
    EXPECT_EQ(made.access, AccessRule::certificate);
    EXPECT_EQ(made.vendor_defaults.at(*ParameterName::parse("P1")), "vendor");
    EXPECT_EQ(made.defaults.at(*ParameterName::parse("P2")), " a & b ");
    EXPECT_EQ(made.defaults.at(*ParameterName::parse("P3")), "");
}

TEST(ClassFile, ReadsTheMatches) {
    const auto classes = parse_class_file("f.xml", as_bytes(whole));
    const auto& matches = classes->front().matches;
    ASSERT_THAT(matches, SizeIs(2));
    EXPECT_EQ(matches[0].vendor_class->how, TextMatch::glob);
    EXPECT_EQ(matches[0].vendor_class->text, "Grandstream GXP21?? *");
    EXPECT_THAT(matches[0].ouis, testing::ElementsAre(0x000b82, 0xc074ad));
    EXPECT_FALSE(matches[0].mac_range);
    EXPECT_EQ(matches[1].mac_range->size(), 256U);
    EXPECT_EQ(matches[1].user_class->how, TextMatch::exact);
    EXPECT_EQ(matches[1].user_agent->how, TextMatch::prefix);
}

TEST(ClassFile, ReadsTheOptions) {
    const auto classes = parse_class_file("f.xml", as_bytes(whole));
    const auto& options = classes->front().options;
    ASSERT_THAT(options, SizeIs(3));
    EXPECT_EQ(options[0].code, 66);
    EXPECT_EQ(options[0].form, OptionForm::text);
    EXPECT_EQ(options[0].value, "{url}");
    EXPECT_FALSE(options[0].only_if_requested);
    EXPECT_FALSE(options[0].override_kea);
    EXPECT_EQ(options[1].form, OptionForm::sub);
    EXPECT_TRUE(options[1].only_if_requested);
    EXPECT_TRUE(options[1].override_kea);
    ASSERT_THAT(options[1].sub_options, SizeIs(3));
    EXPECT_EQ(options[1].sub_options[1].code, 2);
    EXPECT_EQ(options[1].sub_options[1].form, OptionForm::hex);
    EXPECT_EQ(options[2].value, "10.0.0.1 10.0.0.2");
}

TEST(ClassFile, HasSafePresets) {
    const auto classes = parse_class_file("f.xml", as_bytes(whole));
    const DeviceClass& made = classes->back();
    EXPECT_EQ(made.access, AccessRule::lease);
    EXPECT_EQ(made.http_auth, HttpAuth::none);
    EXPECT_FALSE(made.legacy_tls);
    EXPECT_FALSE(made.client_certificates);
    EXPECT_TRUE(made.formats.encrypted);
    EXPECT_TRUE(made.formats.salted);
    EXPECT_EQ(made.formats.digest, KeyDigest::md5);
    EXPECT_EQ(made.formats.xml_version, XmlVersion::parameters);
    EXPECT_EQ(made.formats.gnkey, "0b82");
    EXPECT_EQ(made.names.files, usual_config_files());
    EXPECT_EQ(made.vendor_defaults.size(), 1U) << "the vendor layer is every class's";
    EXPECT_TRUE(made.defaults.empty());
}

struct BadFile {
    const char* what;
    const char* part; // stands on line 3, in the class, after <match> and <offer>
    const char* reason;
};

void PrintTo(const BadFile& file, std::ostream* out) {
    *out << file.what;
}

class RefusedPart : public testing::TestWithParam<BadFile> {};

TEST_P(RefusedPart, IsNamedByFileLineAndReason) {
    const std::string text = "<device-classes vendor='v'>\n<class name='a'>\n" +
                             std::string(GetParam().part) +
                             "\n<match oui='000b82'/><offer url='http://{server}'/>\n"
                             "</class></device-classes>";
    const auto refused = parse_class_file("f.xml", as_bytes(text));
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_EQ(refused.error().message, "f.xml:3: " + std::string(GetParam().reason));
}

constexpr BadFile bad_parts[] = {
    {"UnknownElement", "<ofer/>",
     "<ofer> is unknown in <class>; known: match, offer, names, formats, access, "
     "bootstrap, schedule, resync, defaults"},
    {"MatchAll", "<match/>", "<match> has no condition: it would take every device"},
    {"MatchTypo", "<match ouis='1'/>",
     "<match> has the unknown attribute 'ouis'; known: vendor-class, vendor-class-prefix, "
     "vendor-class-glob, user-class, user-class-prefix, user-class-glob, user-agent, "
     "user-agent-prefix, user-agent-glob, host-name, host-name-prefix, host-name-glob, "
     "kea-class, oui, mac-range"},
    {"TwoPatterns", "<match user-class='a' user-class-glob='b'/>",
     "user-class: want one of exact, -prefix and -glob"},
    {"EmptyPattern", "<match user-class-glob=''/>", "user-class-glob: want some text"},
    {"ShortOui", "<match oui='000b'/>", "oui: want 6 hex digits such as 000b82, got '000b'"},
    {"EmptyOui", "<match oui=' ' user-class='a'/>",
     "oui: want 6 hex digits such as 000b82, got ' '"},
    {"BackwardRange", "<match mac-range='000b82000002-000b82000001'/>",
     "mac-range: want FIRST-LAST or one MAC, 12 hex digits each, got "
     "'000b82000002-000b82000001'"},
    {"EmptyRange", "<match mac-range=''/>",
     "mac-range: want FIRST-LAST or one MAC, 12 hex digits each, got ''"},
    {"BadPostfix", "<names config-postfix='a/b'/>", "postfix: '/' is refused, got 'a/b'"},
    {"BadPrefix", "<names firmware-prefix='../'/>",
     "prefix: a folder that begins with a dot is never served, got '../'"},
    {"FirmwarePath", "<names><firmware>a/b</firmware></names>",
     "<firmware>: want a basic name such as ht801fw.bin, got 'a/b'"},
    {"FirmwareUp", "<names><firmware>..</firmware></names>",
     "<firmware>: want a basic name such as ht801fw.bin, got '..'"},
    {"FirmwareTab", "<names><firmware>a&#9;b</firmware></names>",
     "<firmware>: want a basic name such as ht801fw.bin, got 'a\\x09b'"},
    {"FirmwareAttribute", "<names><firmware size='1'>a</firmware></names>",
     "<firmware> has the unknown attribute 'size'; known: none"},
    {"Digest", "<formats digest='sha1'/>", "digest: want md5 or sha256, got 'sha1'"},
    {"Flag", "<formats salted='true'/>", "salted: want yes or no, got 'true'"},
    {"Rule", "<access rule='all'/>", "rule: want open, lease or certificate, got 'all'"},
    {"HttpAuth", "<access rule='lease' http-auth='ntlm'/>",
     "http-auth: want none, basic or digest, got 'ntlm'"},
    {"LegacyTls", "<access rule='lease' legacy-tls='1'/>", "legacy-tls: want yes or no, got '1'"},
    {"AnchorsPath", "<access rule='lease'><client-certificates anchors='../ca.pem'/></access>",
     "anchors: want a file's basic name (letters, digits, '-', '_', '.'), got '../ca.pem'"},
    {"CertificateField", "<access rule='lease'><client-certificates in='issuer'/></access>",
     "in: want common-name, subject-alt-name or serial, got 'issuer'"},
    {"CertificatePattern",
     "<access rule='lease'><client-certificates pattern='{mac}{mac}'/></access>",
     "pattern: want {mac} in it, once, got '{mac}{mac}'"},
    {"CertificatesTwice",
     "<access rule='lease'><client-certificates/><client-certificates/></access>",
     "<client-certificates> stands twice"},
    {"Parameter", "<defaults><X1>a</X1></defaults>",
     "parameter: want P and a number such as P270, got 'X1'"},
    {"ParameterTwice", "<defaults><P1/><p1/></defaults>", "P1 stands twice"},
    {"ParameterNested", "<defaults><P1><b/></P1></defaults>", "<P1> wants text only, got <b>"},
    {"ParameterAttribute", "<defaults><P1 x='1'/></defaults>",
     "<P1> has the unknown attribute 'x'; known: none"},
    {"ParameterControl", "<defaults><P1>a&#1;</P1></defaults>",
     "'&' begins no reference of XML: want &amp; for the character itself"},
    {"StrayText", "<defaults>oops</defaults>", "<defaults> holds the stray text 'oops'"},
};

INSTANTIATE_TEST_SUITE_P(ClassFile, RefusedPart, testing::ValuesIn(bad_parts),
                         [](const auto& example) { return std::string(example.param.what); });

TEST(ClassFile, RefusesTheFileAsAWhole) {
    const auto refusal = [](std::string_view text) {
        const auto refused = parse_class_file("f.xml", as_bytes(text));
        return refused ? "taken" : refused.error().message;
    };
    EXPECT_THAT(refusal("<classes/>"), HasSubstr("f.xml:1: want <device-classes>, got <classes>"));
    EXPECT_THAT(refusal("<device-classes/>"), HasSubstr("f.xml:1: vendor: want"));
    EXPECT_THAT(refusal("<device-classes vendor='v'>\n<class name='A'/></device-classes>"),
                HasSubstr("f.xml:2: name: want up to 64 of a-z, 0-9 and '-', got 'A'"));
    EXPECT_THAT(refusal("<device-classes vendor='v'>\n<class name='a'/></device-classes>"),
                HasSubstr("f.xml:2: class 'a' has no <match>"));
    EXPECT_THAT(refusal("<device-classes vendor='v'>\n<class name='a'><match oui='000b82'/>"
                        "</class></device-classes>"),
                HasSubstr("f.xml:2: class 'a' has no <offer url=…>"));
    EXPECT_THAT(refusal("<device-classes vendor='v'><class name='a'><match oui='000b82'/>"
                        "<offer url='u'/>\n<offer url='v'/></class></device-classes>"),
                HasSubstr("f.xml:2: <offer> stands twice"));
    EXPECT_THAT(refusal(std::string(class_file_size_max + 1, ' ')),
                HasSubstr("f.xml: want at most 1048576 bytes, got 1048577"));
    EXPECT_THAT(refusal("<device-classes vendor='v'>"), HasSubstr("f.xml:1: "));
}

TEST(ClassFile, RefusesAClassNameThatStandsTwice) {
    const std::string made = "<class name='a'><match oui='000b82'/><offer url='u'/></class>\n";
    const std::string text = "<device-classes vendor='v'>\n" + made + made + "</device-classes>";
    EXPECT_EQ(parse_class_file("f.xml", as_bytes(text)).error().message,
              "f.xml:3: class 'a' stands twice, first at f.xml:2");
}

} // namespace
} // namespace plugtone
