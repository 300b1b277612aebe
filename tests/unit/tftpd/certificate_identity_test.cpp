#include "core/base/openssl_handle.hpp"
#include "tftpd/certificate_identity.hpp"

#include <gtest/gtest.h>

#include <openssl/x509v3.h>

namespace plugtone::tftpd {
namespace {

using Field = ClientCertificates::Field;
using Certificate = Handle<X509, &X509_free>;

const Mac phone = Mac::parse("000b82000001").value();

void add_common_name(X509* certificate, const std::string& text, int type = MBSTRING_UTF8) {
    X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, type,
                               reinterpret_cast<const unsigned char*>(text.data()),
                               static_cast<int>(text.size()), -1, 0);
}
Certificate named(const std::string& common_name) {
    Certificate made(X509_new());
    add_common_name(made.get(), common_name);
    return made;
}
Certificate with_names(const std::string& alternative) {
    Certificate made(X509_new());
    const Handle<X509_EXTENSION, &X509_EXTENSION_free> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative.c_str()));
    EXPECT_EQ(X509_add_ext(made.get(), extension.get(), -1), 1);
    return made;
}
Result<Mac> mac_in(const Certificate& certificate, Field field = Field::common_name,
                   const std::string& pattern = "{mac}") {
    return certificate_mac(certificate.get(), {"", "", field, pattern});
}

TEST(CertificateIdentity, ReadsTheCommonName) {
    EXPECT_EQ(mac_in(named("000b82000001")), phone);
    EXPECT_EQ(mac_in(named("00:0B:82:00:00:01")), phone);
    EXPECT_EQ(mac_in(named("GS-000b82000001.example"), Field::common_name, "GS-{mac}.*"), phone);
    EXPECT_FALSE(mac_in(named("GS-000b82000001")));
    EXPECT_FALSE(mac_in(named("000b82000001"), Field::common_name, "GS-{mac}"));
    EXPECT_FALSE(mac_in(named("")));
}

TEST(CertificateIdentity, ReadsTheAlternativeNames) {
    const auto pattern = "{mac}.phones.example";
    EXPECT_EQ(mac_in(with_names("DNS:a.example,DNS:000b82000001.phones.example"),
                     Field::subject_alt_name, pattern),
              phone);
    EXPECT_FALSE(mac_in(with_names("DNS:a.example"), Field::subject_alt_name, pattern));
    EXPECT_FALSE(mac_in(named("000b82000001"), Field::subject_alt_name)) << "not the common name";
}

TEST(CertificateIdentity, ReadsTheSerialNumber) {
    Certificate made(X509_new());
    const Handle<BIGNUM, &BN_free> number([] {
        BIGNUM* value = nullptr;
        BN_hex2bn(&value, "1234000B82000001");
        return value;
    }());
    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made.get()));
    EXPECT_EQ(mac_in(made, Field::serial, "1234{mac}"), phone);
    EXPECT_FALSE(mac_in(made, Field::serial, "{mac}"));
}

TEST(CertificateIdentity, ACertificateOfTwoDevicesIsOfNone) {
    const auto two = named("000b82000001");
    add_common_name(two.get(), "000b82000002");
    EXPECT_EQ(mac_in(two).error().message, "the certificate names 000b82000001 and 000b82000002");
    const auto twice = named("000b82000001");
    add_common_name(twice.get(), "00-0b-82-00-00-01");
    EXPECT_EQ(mac_in(twice), phone);
    EXPECT_FALSE(mac_in(named("000b82000001 000b82000002"), Field::common_name, "*{mac}*"));
}

TEST(CertificateIdentity, ATextWithANulIsRefused) {
    EXPECT_EQ(mac_in(named(std::string("000b82000001\0.evil", 18))).error().message,
              "the certificate has a text with a NUL in it");
}

TEST(CertificateIdentity, ReadsOtherKindsOfText) {
    const Certificate made(X509_new());
    std::string wide;
    for (const char c : std::string("000b82000001"))
        wide += std::string(1, '\0') + c;
    add_common_name(made.get(), wide, MBSTRING_BMP);
    EXPECT_EQ(mac_in(made), phone);
}

} // namespace
} // namespace plugtone::tftpd
