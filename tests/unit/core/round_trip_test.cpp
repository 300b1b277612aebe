// All forms, on random legal settings: what is read back is what was written.
#include <random>

#include <gtest/gtest.h>

#include "core/base/text.hpp"
#include "core/formats/gs_alias_xml.hpp"
#include "core/formats/gs_binary.hpp"
#include "core/formats/gs_xml.hpp"
#include "core/formats/openssl_container.hpp"
#include "core/formats/parameter_text.hpp"

namespace plugtone {
namespace {

constexpr int rounds = 200;
const Mac mac = Mac::parse("000b82123456").value();

class RoundTrip : public testing::Test {
protected:
    // Of every kind of character that means something to one of the forms.
    std::string value() {
        static const std::vector<std::string> pieces = {
            "a",  "Z", "0", " ",    "  ",    "&",   "<",          ">",
            "\"", "'", "=", "+",    "%",     "%41", "%zz",        "#",
            ";",  ",", "/", "\\",   "\t",    "\n",  "\r",         "\r\n",
            "é",  "€", "𝄞", "P1=2", "&amp;", "]]>", "gnkey=0b82", "a&b(<\"'>) é"};
        std::string text;
        for (std::size_t count = random_() % 12; count > 0; --count)
            text += pieces[random_() % pieces.size()];
        return text;
    }
    ParameterSet parameters() {
        ParameterSet set;
        for (std::size_t count = random_() % 20; count > 0; --count)
            set[ParameterName::numbered(1 + static_cast<std::uint32_t>(random_() % 99999))] =
                value();
        return set;
    }

    std::mt19937 random_{20121109};
};

TEST_F(RoundTrip, Xml) {
    for (int round = 0; round < rounds; ++round) {
        const GsDocument document{mac, parameters()};
        const auto text = render_gs_xml(document);
        ASSERT_TRUE(text) << text.error().message;
        EXPECT_EQ(parse_gs_xml("x", as_bytes(*text)).value(), document);
    }
}

TEST_F(RoundTrip, XmlWithAliasNames) {
    for (int round = 0; round < rounds; ++round) {
        GsAliasDocument document{mac, {}};
        for (const auto& [name, text] : parameters())
            document.items["account." + std::to_string(random_() % 3) + "." + name.text()] = text;
        const auto text = render_gs_alias_xml(document);
        ASSERT_TRUE(text) << text.error().message;
        EXPECT_EQ(parse_gs_alias_xml("x", as_bytes(*text)).value(), document);
    }
}

TEST_F(RoundTrip, Binary) {
    for (int round = 0; round < rounds; ++round) {
        const GsBinary file{mac, parameters()};
        const auto bytes = encode_gs_binary(file);
        ASSERT_TRUE(bytes) << bytes.error().message;
        EXPECT_EQ(decode_gs_binary(*bytes).value(), file);
    }
}

TEST_F(RoundTrip, TextTemplate) {
    for (int round = 0; round < rounds; ++round) {
        ParameterSet set = parameters();
        for (auto& [name, text] : set) {
            std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
            text = trim(text);
        }
        const auto text = render_parameter_text(set);
        ASSERT_TRUE(text) << text.error().message;
        EXPECT_EQ(parse_parameter_text("x", as_bytes(*text)).value(), set);
    }
}

TEST_F(RoundTrip, SealedXml) {
    const Secret password("Password1");
    for (int round = 0; round < rounds; ++round) {
        const std::string text = render_gs_xml({mac, parameters()}).value();
        const KeyDigest digest = round % 2 == 0 ? KeyDigest::md5 : KeyDigest::sha256;
        const auto salt = round % 4 < 2 ? std::optional(random_salt().value()) : std::nullopt;
        const Bytes sealed = encrypt_container(as_bytes(text), password, digest, salt).value();
        EXPECT_EQ(as_text(decrypt_container(sealed, password, digest).value()), text);
    }
}

} // namespace
} // namespace plugtone
