// X.509 certificates of a private authority as 'plugtonectl tls' makes and shows them (RFC 5280).
// Keys are RSA with 2048 bits: the devices of the manual's time know nothing else.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <openssl/x509.h>

#include "core/base/bytes.hpp"
#include "core/base/openssl_handle.hpp"
#include "core/base/result.hpp"
#include "core/base/secret.hpp"

namespace plugtone {

using Key = Handle<EVP_PKEY, &EVP_PKEY_free>;
using Certificate = Handle<X509, &X509_free>;
using RevocationList = Handle<X509_CRL, &X509_CRL_free>;

// What people and programs are told of one.
struct CertificateFacts {
    std::string subject;            // its common name, or all of the name where it has none
    std::vector<std::string> names; // DNS names and addresses that it holds for
    std::int64_t not_before = 0;    // seconds since 1970
    std::int64_t not_after = 0;
    std::string key;         // e.g. "RSA 2048"
    std::string fingerprint; // SHA-256, hex
    bool is_authority = false;
};

// A DNS name or an IPv4 address, as phones ask for it.
Done check_server_name(const std::string& name);

Result<Key> make_key();
// Signed by its own key. Holds from a day before now, for appliances whose clock is slow.
Result<Certificate> make_authority(EVP_PKEY* key, const std::string& common_name, std::int64_t now,
                                   std::chrono::days days);
// For a TLS server with these names, the first of them as its common name; it never outlives the
// authority.
Result<Certificate> make_server(X509* authority, EVP_PKEY* authority_key, EVP_PKEY* key,
                                const std::vector<std::string>& names, std::int64_t now,
                                std::chrono::days days);

// PEM. The key is not encrypted.
Result<std::string> certificate_text(X509* certificate);
Result<Secret> key_text(EVP_PKEY* key);

// From PEM; where says whose bytes these are. At least one must be there; what is no certificate
// between them is passed over, as OpenSSL does.
Result<std::vector<Certificate>> parse_certificates(const std::string& where, ByteView pem);
Result<Key> parse_key(const std::string& where, ByteView pem);
Result<RevocationList> parse_revocation_list(const std::string& where, ByteView pem);

CertificateFacts facts_of(X509* certificate);
bool is_signed_by(X509* certificate, X509* authority);
bool is_key_of(EVP_PKEY* key, X509* certificate);

} // namespace plugtone
