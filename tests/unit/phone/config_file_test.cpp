#include "phone/config_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {
namespace {

using testing::HasSubstr;

const Mac ours = Mac::parse("000b82123456").value();
const FilePassword none;

FilePassword with(const std::string& password, KeyDigest digest = KeyDigest::md5) {
    return {.password = Secret(password), .digest = digest};
}

std::string document(const std::string& mac_element) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<gs_provision version=\"1\">\n" +
           mac_element + "<config version=\"1\"><P47>a&amp;b</P47></config></gs_provision>\n";
}

std::string complaint(ByteView bytes, const FilePassword& password = none) {
    const auto file = read_xml_config("cfg.xml", bytes, ours, password);
    return file ? "taken" : file.error().message;
}

Bytes vector(const std::string& name) {
    return read_file(PLUGTONE_TEST_DATA "/vectors/binary/" + name, 1U << 20U).value();
}

TEST(XmlConfig, TakesOurOwnFile) {
    const auto file =
        read_xml_config("x", as_bytes(document("<mac>000B82123456</mac>")), ours, none);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_FALSE(file->encrypted);
    EXPECT_TRUE(file->has_mac);
    EXPECT_EQ(file->parameters.at(ParameterName::parse("P47").value()), "a&b");
    EXPECT_EQ(file->summary, "in clear, 1 parameter, mac is ours");
}

TEST(XmlConfig, TakesAFileWithoutAMac) {
    const auto file = read_xml_config("x", as_bytes(document("")), ours, none);
    EXPECT_FALSE(file->has_mac);
    EXPECT_EQ(file->summary, "in clear, 1 parameter, no mac in it");
}

TEST(XmlConfig, TakesAliasNames) {
    const std::string text = "<gs_provision><mac>000b82123456</mac><config version=\"2\"><item "
                             "name=\"account.1\"><part name=\"enable\">Yes</part></item></config>"
                             "</gs_provision>";
    const auto file = read_xml_config("x", as_bytes(text), ours, none);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->summary, "in clear, 1 parameter by alias, mac is ours");
}

TEST(XmlConfig, RefusesAnotherDevicesFile) {
    EXPECT_EQ(complaint(as_bytes(document("<mac>000b82aabbcc</mac>"))),
              "cfg.xml: is for 000b82aabbcc, this phone is 000b82123456");
}

TEST(XmlConfig, DecryptsWithEitherDigestSaltedOrNot) {
    const std::string plain = document("<mac>000b82123456</mac>");
    for (const KeyDigest digest : {KeyDigest::md5, KeyDigest::sha256})
        for (const auto& salt : {std::optional<Salt>(Salt{1, 2, 3}), std::optional<Salt>()}) {
            const Bytes sealed =
                encrypt_container(as_bytes(plain), Secret("pw"), digest, salt).value();
            const auto file = read_xml_config("x", sealed, ours, with("pw", digest));
            ASSERT_TRUE(file) << file.error().message;
            EXPECT_TRUE(file->encrypted);
            EXPECT_THAT(file->summary, HasSubstr("decrypted"));
        }
}

TEST(XmlConfig, SaysWhatIsMissingForAnEncryptedFile) {
    const Bytes sealed =
        encrypt_container(as_bytes(document("")), Secret("pw"), KeyDigest::md5, Salt{}).value();
    EXPECT_THAT(complaint(sealed), HasSubstr("--password-file"));
    EXPECT_THAT(complaint(sealed, with("pw", KeyDigest::sha256)), HasSubstr("the digest"));
    // Among so many wrong passwords some pass the padding.
    for (int number = 0; number < 2000; ++number)
        EXPECT_THAT(complaint(sealed, with(std::to_string(number))),
                    HasSubstr("is not the one it was made with"));
}

TEST(XmlConfig, RefusesDamagedXmlWithTheLine) {
    EXPECT_EQ(complaint({}), "cfg.xml: is empty");
    EXPECT_THAT(complaint(as_bytes("<gs_provision>\n<config>")), HasSubstr("cfg.xml:2"));
    EXPECT_THAT(complaint(as_bytes("<html>\n404</html>")), HasSubstr("want <gs_provision>"));
    const Bytes sealed = encrypt_container(as_bytes("<gs_provision>\n<config>"), Secret("pw"),
                                           KeyDigest::md5, Salt{})
                             .value();
    EXPECT_THAT(complaint(sealed, with("pw")), HasSubstr("cfg.xml:2"));
}

TEST(XmlConfig, NeverPrintsAValue) {
    EXPECT_THAT(complaint(as_bytes("<gs_provision><config><P34>hunter2</P34><P34>x</P34>"
                                   "</config></gs_provision>")),
                testing::Not(HasSubstr("hunter2")));
}

TEST(BinaryConfig, RecognisesWhatOtherEncodersWrote) {
    for (const std::string tool :
         {"perl", "elastix", "gs3", "provisioner", "dll181.plain", "dll190.plain"}) {
        const auto file =
            read_binary_config("b", vector("v01.000b82123456." + tool + ".bin"), ours);
        ASSERT_TRUE(file) << tool << ": " << file.error().message;
        EXPECT_TRUE(file->has_mac);
        EXPECT_FALSE(file->encrypted);
        EXPECT_EQ(file->parameters.at(ParameterName::parse("P1").value()), "A");
    }
    for (const std::string tool : {"dll181.enc", "dll190.enc"})
        EXPECT_TRUE(
            read_binary_config("b", vector("v01.000b82123456." + tool + ".bin"), ours)->encrypted);
}

TEST(BinaryConfig, RefusesAnotherDevicesFile) {
    const auto file = read_binary_config("b", vector("v01.c074ad0a0b0c.perl.bin"), ours);
    EXPECT_EQ(file.error().message, "b: is for c074ad0a0b0c, this phone is 000b82123456");
}

TEST(BinaryConfig, NoticesEveryFlippedBitAndEveryCut) {
    const Bytes good = vector("v01.000b82123456.perl.bin");
    for (std::size_t at = 0; at < good.size(); ++at) {
        Bytes bad = good;
        bad[at] ^= 0x10U;
        EXPECT_FALSE(read_binary_config("b", bad, ours)) << at;
        EXPECT_FALSE(read_binary_config("b", ByteView(good).first(at), ours)) << at;
    }
}

} // namespace
} // namespace plugtone
