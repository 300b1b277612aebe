#include "tftpd/certificate_identity.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <openssl/bn.h>
#include <openssl/x509v3.h>

#include "core/base/text.hpp"

namespace plugtone::tftpd {

namespace {

constexpr std::string_view mac_place = "{mac}";
constexpr std::size_t text_size_max = 256;
constexpr std::size_t texts_max = 64;

struct OpensslFree {
    void operator()(void* memory) const noexcept { OPENSSL_free(memory); }
    void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
    void operator()(BIGNUM* number) const noexcept { BN_free(number); }
};

Result<std::string> text_of(const ASN1_STRING* from) {
    unsigned char* bytes = nullptr;
    const int size = ASN1_STRING_to_UTF8(&bytes, from);
    const std::unique_ptr<unsigned char, OpensslFree> owned(bytes);
    if (size < 0)
        return fail("the certificate has a text that is none");
    std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    if (text.find('\0') != std::string::npos)
        return fail("the certificate has a text with a NUL in it");
    return text;
}

using Texts = Result<std::vector<std::string>>;

Done add_common_names(const X509_NAME* name, std::vector<std::string>& texts) {
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    for (; at >= 0; at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) {
        auto text = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
        if (!text)
            return tl::unexpected(text.error());
        texts.push_back(std::move(*text));
    }
    return {};
}

Texts alternative_names(X509* certificate) {
    std::vector<std::string> texts;
    const std::unique_ptr<GENERAL_NAMES, OpensslFree> names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int at = 0; names && at < sk_GENERAL_NAME_num(names.get()); ++at) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), at);
        if (name->type == GEN_DIRNAME) {
            if (auto done = add_common_names(name->d.directoryName, texts); !done)
                return tl::unexpected(done.error());
        } else if (name->type == GEN_DNS || name->type == GEN_URI || name->type == GEN_EMAIL) {
            auto text = text_of(name->d.ia5);
            if (!text)
                return tl::unexpected(text.error());
            texts.push_back(std::move(*text));
        }
    }
    return texts;
}

Texts serial_number(X509* certificate) {
    const std::unique_ptr<BIGNUM, OpensslFree> number(
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
    const std::unique_ptr<char, OpensslFree> digits(number ? BN_bn2hex(number.get()) : nullptr);
    if (!digits)
        return fail("the certificate has no serial number");
    return std::vector<std::string>{digits.get()};
}

Texts texts_of(X509* certificate, ClientCertificates::Field field) {
    using Field = ClientCertificates::Field;
    if (field == Field::serial)
        return serial_number(certificate);
    if (field == Field::subject_alt_name)
        return alternative_names(certificate);
    std::vector<std::string> texts;
    if (auto done = add_common_names(X509_get_subject_name(certificate), texts); !done)
        return tl::unexpected(done.error());
    return texts;
}

// Adds what is found; fails on a second, different one.
Done note(std::optional<Mac>& found, const Mac& mac) {
    if (found && *found != mac)
        return fail("the certificate names " + found->text() + " and " + mac.text());
    found = mac;
    return {};
}

Result<std::optional<Mac>> find_mac(std::string_view text, std::string_view pattern) {
    static constexpr std::size_t plain_size = 12;
    static constexpr std::size_t separated_size = 17;
    const std::size_t place = pattern.find(mac_place);
    const std::string_view before = pattern.substr(0, place);
    const std::string_view after = pattern.substr(place + mac_place.size());
    std::optional<Mac> found;
    for (std::size_t at = 0; at + plain_size <= text.size(); ++at)
        for (const std::size_t size : {plain_size, separated_size}) {
            if (at + size > text.size())
                continue;
            const auto mac = Mac::parse(text.substr(at, size));
            if (!mac || !glob_matches(before, text.substr(0, at)) ||
                !glob_matches(after, text.substr(at + size)))
                continue;
            if (auto done = note(found, *mac); !done)
                return tl::unexpected(done.error());
        }
    return found;
}

} // namespace

Result<Mac> mac_by_pattern(std::string_view text, std::string_view pattern) {
    const auto found = find_mac(text.substr(0, text_size_max), pattern);
    if (!found)
        return tl::unexpected(found.error());
    if (!*found)
        return fail("want '" + printable(pattern) + "', got '" + printable(text) + "'");
    return **found;
}

Result<Mac> certificate_mac(X509* certificate, const ClientCertificates& rule) {
    const auto texts = texts_of(certificate, rule.in);
    if (!texts)
        return tl::unexpected(texts.error());
    std::optional<Mac> found;
    for (std::size_t at = 0; at < std::min(texts->size(), texts_max); ++at) {
        const auto here =
            find_mac(std::string_view((*texts)[at]).substr(0, text_size_max), rule.pattern);
        if (!here)
            return tl::unexpected(here.error());
        if (!*here)
            continue;
        if (auto done = note(found, **here); !done)
            return tl::unexpected(done.error());
    }
    if (!found)
        return fail("the certificate names no device by '" + printable(rule.pattern) + "'");
    return *found;
}

} // namespace plugtone::tftpd
