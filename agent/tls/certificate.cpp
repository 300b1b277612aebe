#include "agent/tls/certificate.hpp"

#include <algorithm>
#include <ctime>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "core/base/ipv4.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr unsigned int key_bits = 2048;
constexpr int serial_bits = 127;            // RFC 5280 4.1.2.2: at most 20 bytes, positive
constexpr std::size_t common_name_max = 64; // RFC 5280 A.1, ub-common-name
constexpr std::size_t dns_name_max = 253;
constexpr std::int64_t slow_clock_s = 86'400;

using Memory = Handle<BIO, &BIO_free>;
using Extension = Handle<X509_EXTENSION, &X509_EXTENSION_free>;
using Number = Handle<BIGNUM, &BN_free>;
using Names = Handle<GENERAL_NAMES, &GENERAL_NAMES_free>;

tl::unexpected<Error> openssl_failed(const std::string& what) {
    return fail(ErrorKind::io, what + ": " + openssl_reason());
}

bool set_serial(X509* certificate) {
    const Number number(BN_new());
    return number && BN_rand(number.get(), serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509_NAME* name, const std::string& common_name) {
    const ByteView bytes = as_bytes(common_name);
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, bytes.data(),
                                      static_cast<int>(bytes.size()), -1, 0) == 1;
}

struct ExtensionText {
    int kind; // NID
    std::string text;
};

bool add_extensions(X509* certificate, X509* issuer, const std::vector<ExtensionText>& wanted) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    return std::all_of(wanted.begin(), wanted.end(), [&](const ExtensionText& one) {
        const Extension made(X509V3_EXT_conf_nid(nullptr, &context, one.kind, one.text.c_str()));
        return made && X509_add_ext(certificate, made.get(), -1) == 1;
    });
}

struct Span {
    std::int64_t from;
    std::int64_t to;
};

// All but the extensions and the signature.
Result<Certificate> begin(EVP_PKEY* key, const std::string& common_name, const Span& span) {
    Certificate made(X509_new());
    if (!made || X509_set_version(made.get(), X509_VERSION_3) != 1 || !set_serial(made.get()) ||
        ASN1_TIME_set(X509_getm_notBefore(made.get()), span.from) == nullptr ||
        ASN1_TIME_set(X509_getm_notAfter(made.get()), span.to) == nullptr ||
        X509_set_pubkey(made.get(), key) != 1 ||
        !set_name(X509_get_subject_name(made.get()), common_name))
        return openssl_failed("cannot make a certificate for " + common_name);
    return made;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
    std::tm parts{};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

std::int64_t seconds_in(std::chrono::days days) {
    return std::chrono::duration_cast<std::chrono::seconds>(days).count();
}

std::string text_of(const ASN1_STRING* string) {
    return std::string(as_text(
        {ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))}));
}

std::string subject_of(X509* certificate) {
    const X509_NAME* name = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at >= 0)
        return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    const Memory memory(BIO_new(BIO_s_mem()));
    char* text = nullptr;
    if (!memory || X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_ONELINE) < 0)
        return {};
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string address_text(const unsigned char* bytes) {
    std::uint32_t number = 0;
    for (int at = 0; at < 4; ++at)
        number = number << 8U | bytes[at];
    return Ipv4{number}.text();
}

std::vector<std::string> names_of(X509* certificate) {
    const Names names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> texts;
    for (int at = 0; at < sk_GENERAL_NAME_num(names.get()); ++at) {
        int kind = 0;
        const auto* value = static_cast<const ASN1_STRING*>(
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), at), &kind));
        if (kind == GEN_DNS)
            texts.push_back(text_of(value));
        else if (kind == GEN_IPADD && ASN1_STRING_length(value) == 4)
            texts.push_back(address_text(ASN1_STRING_get0_data(value)));
    }
    return texts;
}

Memory reader(ByteView bytes) {
    return Memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

std::string written(BIO* memory) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory, &text);
    return {text, static_cast<std::size_t>(size)};
}

} // namespace

Done check_server_name(const std::string& name) {
    if (Ipv4::parse(name))
        return {};
    const auto allowed = [](char one) {
        return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') ||
               (one >= '0' && one <= '9') || one == '-' || one == '.';
    };
    const bool is_numeric = name.find_first_not_of("0123456789.") == std::string::npos;
    if (name.empty() || name.size() > dns_name_max || is_numeric || name.front() == '.' ||
        name.front() == '-' || name.find("..") != std::string::npos ||
        !std::all_of(name.begin(), name.end(), allowed))
        return fail("want an IPv4 address or a host's name (letters, digits, '-' and '.'), got '" +
                    printable(name) + "'");
    return {};
}

Result<Key> make_key() {
    Key key(EVP_RSA_gen(key_bits));
    if (!key)
        return openssl_failed("cannot make a key");
    return key;
}

Result<Certificate> make_authority(EVP_PKEY* key, const std::string& common_name, std::int64_t now,
                                   std::chrono::days days) {
    auto made = begin(key, common_name, {now - slow_clock_s, now + seconds_in(days)});
    if (!made)
        return made;
    X509* certificate = made->get();
    if (X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) != 1 ||
        !add_extensions(certificate, certificate,
                        {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                         {NID_key_usage, "critical,keyCertSign,cRLSign"},
                         {NID_subject_key_identifier, "hash"}}) ||
        X509_sign(certificate, key, EVP_sha256()) == 0)
        return openssl_failed("cannot sign " + common_name);
    return made;
}

Result<Certificate> make_server(X509* authority, EVP_PKEY* authority_key, EVP_PKEY* key,
                                const std::vector<std::string>& names, std::int64_t now,
                                std::chrono::days days) {
    std::string alternatives;
    for (const std::string& name : names) {
        if (auto good = check_server_name(name); !good)
            return tl::unexpected(good.error());
        alternatives += (alternatives.empty() ? "" : ",") +
                        std::string(Ipv4::parse(name) ? "IP:" : "DNS:") + name;
    }
    if (names.empty() || names.front().size() > common_name_max)
        return fail("want a first name of 1 to 64 characters");
    const std::int64_t end =
        std::min(now + seconds_in(days), seconds_of(X509_get0_notAfter(authority)));
    if (end <= now)
        return fail(ErrorKind::conflict, "the authority's own certificate has ended");
    auto made = begin(key, names.front(), {now - slow_clock_s, end});
    if (!made)
        return made;
    X509* certificate = made->get();
    if (X509_set_issuer_name(certificate, X509_get_subject_name(authority)) != 1 ||
        !add_extensions(certificate, authority,
                        {{NID_basic_constraints, "critical,CA:FALSE"},
                         {NID_key_usage, "critical,digitalSignature,keyEncipherment"},
                         {NID_ext_key_usage, "serverAuth"},
                         {NID_subject_key_identifier, "hash"},
                         {NID_authority_key_identifier, "keyid"},
                         {NID_subject_alt_name, alternatives}}) ||
        X509_sign(certificate, authority_key, EVP_sha256()) == 0)
        return openssl_failed("cannot sign " + names.front());
    return made;
}

Result<std::string> certificate_text(X509* certificate) {
    const Memory memory(BIO_new(BIO_s_mem()));
    if (!memory || PEM_write_bio_X509(memory.get(), certificate) != 1)
        return openssl_failed("cannot write a certificate");
    return written(memory.get());
}

Result<Secret> key_text(EVP_PKEY* key) {
    const Memory memory(BIO_new(BIO_s_secmem()));
    if (!memory || PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr,
                                                 nullptr) != 1)
        return openssl_failed("cannot write a key");
    return Secret(written(memory.get()));
}

Result<std::vector<Certificate>> parse_certificates(const std::string& where, ByteView pem) {
    const Memory memory = reader(pem);
    std::vector<Certificate> all;
    ERR_clear_error();
    while (memory) {
        Certificate one(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
        if (!one)
            break;
        all.push_back(std::move(one));
    }
    const bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (all.empty() || !is_at_end)
        return fail(where + ": want certificates (PEM): " + openssl_reason());
    ERR_clear_error();
    return all;
}

Result<Key> parse_key(const std::string& where, ByteView pem) {
    const Memory memory = reader(pem);
    // Never asks for a password: nobody may sit there.
    const auto none = [](char*, int, int, void*) { return -1; };
    Key key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, none, nullptr) : nullptr);
    if (!key)
        return fail(where + ": want a key without a password (PEM): " + openssl_reason());
    return key;
}

Result<RevocationList> parse_revocation_list(const std::string& where, ByteView pem) {
    const Memory memory = reader(pem);
    RevocationList list(memory ? PEM_read_bio_X509_CRL(memory.get(), nullptr, nullptr, nullptr)
                               : nullptr);
    if (!list)
        return fail(where + ": want a revocation list (PEM): " + openssl_reason());
    return list;
}

CertificateFacts facts_of(X509* certificate) {
    CertificateFacts facts;
    facts.subject = printable(subject_of(certificate));
    for (const std::string& name : names_of(certificate))
        facts.names.push_back(printable(name));
    facts.not_before = seconds_of(X509_get0_notBefore(certificate));
    facts.not_after = seconds_of(X509_get0_notAfter(certificate));
    if (EVP_PKEY* key = X509_get0_pubkey(certificate)) {
        const char* kind = EVP_PKEY_get0_type_name(key);
        facts.key = std::string(kind != nullptr ? kind : "?") + " " +
                    std::to_string(EVP_PKEY_get_bits(key));
    }
    Bytes digest(EVP_MAX_MD_SIZE);
    unsigned int size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1)
        facts.fingerprint = to_hex(ByteView(digest).first(size));
    facts.is_authority = X509_check_ca(certificate) != 0;
    return facts;
}

bool is_signed_by(X509* certificate, X509* authority) {
    const bool is = X509_check_issued(authority, certificate) == X509_V_OK &&
                    X509_verify(certificate, X509_get0_pubkey(authority)) == 1;
    ERR_clear_error();
    return is;
}

bool is_key_of(EVP_PKEY* key, X509* certificate) {
    const bool is = X509_check_private_key(certificate, key) == 1;
    ERR_clear_error();
    return is;
}

} // namespace plugtone
