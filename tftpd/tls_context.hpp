// What a TLS listener needs for its connections: certificates, keys, versions, ciphers, and which
// client certificates it believes. Read from files as a whole, and never changed afterwards:
// connections keep the one that they began with. The poller's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "core/base/fd.hpp"
#include "core/base/openssl_handle.hpp"
#include "core/base/result.hpp"
#include "tftpd/client_trust.hpp"
#include "tftpd/http_stream.hpp"

namespace plugtone::tftpd {

enum class TlsFloor { tls_1_0, tls_1_1, tls_1_2, tls_1_3 };

struct TlsSettings {
    // Of the server, PEM: the certificate with its chain, and its key. One of each kind of key, so
    // that old devices that know only RSA have theirs.
    std::vector<std::string> certificates;
    std::vector<std::string> keys;
    TlsFloor floor = TlsFloor::tls_1_2;
    std::string ciphers; // OpenSSL's list, up to TLS 1.2; empty: the usual of the listener's kind
    bool is_legacy = false; // what today's OpenSSL thinks too weak is allowed
};

class TlsContext {
public:
    // Refuses what OpenSSL cannot use, with the file and why.
    static Result<std::shared_ptr<const TlsContext>> load(const TlsSettings& settings,
                                                          ClientTrust trust);

    // Nothing when OpenSSL has no memory for it.
    std::unique_ptr<HttpStream> make_stream(Fd socket) const;
    // The first end of a certificate's time, in seconds since 1970.
    std::int64_t not_after() const { return not_after_; }

private:
    TlsContext() = default;

    Handle<SSL_CTX, &SSL_CTX_free> context_;
    ClientTrust trust_; // the context points to it
    std::int64_t not_after_ = 0;
};

} // namespace plugtone::tftpd
