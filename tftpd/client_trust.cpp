#include "tftpd/client_trust.hpp"

#include <algorithm>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "core/base/log.hpp"
#include "core/base/openssl_handle.hpp"
#include "tftpd/certificate_identity.hpp"

namespace plugtone::tftpd {

namespace {

using Context = Handle<X509_STORE_CTX, &X509_STORE_CTX_free>;

Result<std::shared_ptr<X509_STORE>> load_store(const ClientCertificates& rule,
                                               const std::string& folder) {
    const std::shared_ptr<X509_STORE> store(X509_STORE_new(), &X509_STORE_free);
    const std::string anchors = folder + "/" + rule.anchors;
    const std::string revoked = folder + "/" + rule.revoked;
    ERR_clear_error();
    X509_LOOKUP* lookup = store ? X509_STORE_add_lookup(store.get(), X509_LOOKUP_file()) : nullptr;
    if (lookup == nullptr || X509_load_cert_file(lookup, anchors.c_str(), X509_FILETYPE_PEM) < 1)
        return fail(ErrorKind::io, anchors + ": want trust anchors (PEM): " + openssl_reason());
    if (rule.revoked.empty())
        return store;
    if (X509_load_crl_file(lookup, revoked.c_str(), X509_FILETYPE_PEM) < 1)
        return fail(ErrorKind::io, revoked + ": want a revocation list (PEM): " + openssl_reason());
    X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK);
    return store;
}

// Empty if the certificate holds; else why not.
std::string verify(X509_STORE* store, X509* certificate, STACK_OF(X509) * chain) {
    const Context context(X509_STORE_CTX_new());
    if (!context || X509_STORE_CTX_init(context.get(), store, certificate, chain) != 1)
        return "no memory to verify it";
    X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT);
    if (X509_verify_cert(context.get()) == 1)
        return {};
    return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

} // namespace

const ClientTrust::Anchor* ClientTrust::find(const std::string& device_class,
                                             const ClientCertificates& rule) const {
    const auto found = std::find_if(anchors_.begin(), anchors_.end(), [&](const Anchor& one) {
        return one.device_class == device_class && one.rule == rule;
    });
    return found == anchors_.end() ? nullptr : &*found;
}

ClientTrust ClientTrust::load(const std::vector<DeviceClass>& classes, const std::string& folder,
                              const ClientTrust& before) {
    ClientTrust trust;
    for (const DeviceClass& device_class : classes) {
        if (!device_class.client_certificates)
            continue;
        const ClientCertificates& rule = *device_class.client_certificates;
        if (auto store = load_store(rule, folder)) {
            trust.anchors_.push_back({device_class.name, rule, std::move(*store)});
        } else {
            const Anchor* old = before.find(device_class.name, rule);
            log(Level::error, "class-trust",
                {{"class", device_class.name},
                 {"reason", store.error().message},
                 {"instead", old != nullptr ? "what was loaded before stays in use"
                                            : "no certificate of the class is believed"}});
            if (old != nullptr)
                trust.anchors_.push_back(*old);
        }
    }
    return trust;
}

CertificateNames ClientTrust::names_of(X509* certificate, STACK_OF(X509) * chain) const {
    CertificateNames names;
    for (const Anchor& anchor : anchors_) {
        const std::string trouble = verify(anchor.store.get(), certificate, chain);
        const auto mac = trouble.empty() ? certificate_mac(certificate, anchor.rule)
                                         : Result<Mac>(fail(trouble));
        if (mac)
            names.emplace(anchor.device_class, *mac);
        else
            log(Level::info, "certificate-not-believed",
                {{"class", anchor.device_class}, {"reason", mac.error().message}});
    }
    return names;
}

std::vector<X509*> ClientTrust::anchors() const {
    std::vector<X509*> certificates;
    for (const Anchor& anchor : anchors_) {
        const STACK_OF(X509_OBJECT)* objects = X509_STORE_get0_objects(anchor.store.get());
        for (int at = 0; at < sk_X509_OBJECT_num(objects); ++at)
            if (X509* certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, at)))
                certificates.push_back(certificate);
    }
    return certificates;
}

} // namespace plugtone::tftpd
