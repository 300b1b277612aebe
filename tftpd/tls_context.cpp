#include "tftpd/tls_context.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <limits>
#include <string_view>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "core/base/log.hpp"
#include "tftpd/tls_stream.hpp"

namespace plugtone::tftpd {

namespace {

// Forward secrecy and authenticated encryption only. CBC and RSA key exchange, which old phones
// need, are the legacy listener's.
constexpr const char* usual_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* legacy_ciphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AES:AESGCM:AES:3DES:!aNULL:!eNULL:@SECLEVEL=0";
// One for a device that comes back; more are wasted work.
constexpr std::size_t tickets = 1;

int version_of(TlsFloor floor) {
    switch (floor) {
    case TlsFloor::tls_1_0:
        return TLS1_VERSION;
    case TlsFloor::tls_1_1:
        return TLS1_1_VERSION;
    case TlsFloor::tls_1_2:
        return TLS1_2_VERSION;
    case TlsFloor::tls_1_3:
        return TLS1_3_VERSION;
    }
    return TLS1_2_VERSION;
}

// Leaves the names with the connection. Whoever shows a certificate that nobody believes is served
// as somebody without one.
int verify_client(X509_STORE_CTX* offered, void* trust) {
    auto* ssl = static_cast<SSL*>(
        X509_STORE_CTX_get_ex_data(offered, SSL_get_ex_data_X509_STORE_CTX_idx()));
    try {
        auto names = static_cast<const ClientTrust*>(trust)->names_of(
            X509_STORE_CTX_get0_cert(offered), X509_STORE_CTX_get0_untrusted(offered));
        auto owned = std::make_unique<CertificateNames>(std::move(names));
        // Given with the connection; a second certificate (there is no renegotiation) has no way.
        if (SSL_get_ex_data(ssl, certificate_names_index()) != nullptr ||
            SSL_set_ex_data(ssl, certificate_names_index(), owned.get()) != 1)
            return 0;
        (void)owned.release(); // freed by the connection (tls_stream.cpp)
    } catch (const std::exception& failure) {
        log(Level::error, "certificate", {{"reason", failure.what()}});
        return 0;
    }
    X509_STORE_CTX_set_error(offered, X509_V_OK);
    return 1;
}

// A session in which somebody showed a certificate is never taken up again: whoever comes must show
// it anew, to the trust of that moment.
SSL_TICKET_RETURN resume(SSL* /*ssl*/, SSL_SESSION* session, const unsigned char* /*name*/,
                         std::size_t /*size*/, SSL_TICKET_STATUS status, void* /*argument*/) {
    if (status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW) {
        if (SSL_SESSION_get0_peer(session) != nullptr)
            return SSL_TICKET_RETURN_IGNORE_RENEW;
        return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
    }
    return SSL_TICKET_RETURN_IGNORE_RENEW;
}
int keep_ticket(SSL* /*ssl*/, void* /*argument*/) {
    return 1;
}

int select_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void* /*argument*/) {
    static constexpr std::array<unsigned char, 9> http_1_1{8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, chosen_size, http_1_1.data(), http_1_1.size(), offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *chosen = selected;
    return SSL_TLSEXT_ERR_OK;
}

std::int64_t end_of(const X509* certificate) {
    std::tm parts{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1)
        return 0;
    return ::timegm(&parts);
}

void set_modes(SSL_CTX* context) {
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                     SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); // tickets do
    SSL_CTX_set_num_tickets(context, tickets);
    SSL_CTX_set_session_ticket_cb(context, &keep_ticket, &resume, nullptr);
    SSL_CTX_set_alpn_select_cb(context, &select_protocol, nullptr);
    static constexpr std::array<unsigned char, 8> name{'p', 'l', 'u', 'g', 't', 'o', 'n', 'e'};
    SSL_CTX_set_session_id_context(context, name.data(), name.size());
}

Done use_certificate(SSL_CTX* context, const std::string& certificate, const std::string& key) {
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        return fail(ErrorKind::io,
                    certificate + ": want the server's certificate (PEM): " + openssl_reason());
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        return fail(ErrorKind::io, key + ": want the key of " + certificate +
                                       " (PEM, without a passphrase): " + openssl_reason());
    return {};
}

Done set_versions(SSL_CTX* context, const TlsSettings& settings) {
    const std::string preset = settings.is_legacy ? legacy_ciphers : usual_ciphers;
    const std::string& ciphers = settings.ciphers.empty() ? preset : settings.ciphers;
    if (SSL_CTX_set_min_proto_version(context, version_of(settings.floor)) != 1)
        return fail("TLS: the lowest version is not to be had: " + openssl_reason());
    if (SSL_CTX_set_cipher_list(context, ciphers.c_str()) != 1)
        return fail("TLS: want OpenSSL's cipher list, got '" + ciphers + "': " + openssl_reason());
    return {};
}

} // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsSettings& settings,
                                                           ClientTrust trust) {
    if (settings.certificates.empty() || settings.certificates.size() != settings.keys.size())
        return fail("TLS: want a certificate and a key for it, got " +
                    std::to_string(settings.certificates.size()) + " certificates and " +
                    std::to_string(settings.keys.size()) + " keys");
    const std::shared_ptr<TlsContext> made(new TlsContext);
    made->context_.reset(SSL_CTX_new(TLS_server_method()));
    made->trust_ = std::move(trust);
    SSL_CTX* context = made->context_.get();
    if (context == nullptr)
        return fail(ErrorKind::io, "TLS: " + openssl_reason());
    set_modes(context);
    if (auto done = set_versions(context, settings); !done)
        return tl::unexpected(done.error());
    made->not_after_ = std::numeric_limits<std::int64_t>::max();
    for (std::size_t at = 0; at < settings.certificates.size(); ++at) {
        if (auto done = use_certificate(context, settings.certificates[at], settings.keys[at]);
            !done)
            return tl::unexpected(done.error());
        made->not_after_ = std::min(made->not_after_, end_of(SSL_CTX_get0_certificate(context)));
    }
    if (!made->trust_.empty()) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_cert_verify_callback(context, &verify_client, &made->trust_);
        for (X509* anchor : made->trust_.anchors())
            SSL_CTX_add_client_CA(context, anchor);
    }
    return made;
}

std::unique_ptr<HttpStream> TlsContext::make_stream(Fd socket) const {
    return make_tls_stream(context_.get(), std::move(socket));
}

} // namespace plugtone::tftpd
