// Which client certificates are believed, and whom they name: the manual's method 2. Each device
// class has trust anchors of its own and a rule for the MAC in the certificate; what one class
// trusts says nothing to another. The poller's thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <openssl/x509.h>

#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone::tftpd {

// By device class: the MAC that the client's certificate names by that class' rule, where it was
// signed by one of that class' anchors and is not revoked.
using CertificateNames = std::map<std::string, Mac, std::less<>>;

class ClientTrust {
public:
    // folder: of the anchors' and the revocation lists' files. A class whose files cannot be read
    // goes on with what it had before; without that, no certificate of it is believed, and other
    // classes are served. The log says which and why.
    static ClientTrust load(const std::vector<DeviceClass>& classes, const std::string& folder,
                            const ClientTrust& before);

    bool empty() const { return anchors_.empty(); }
    // chain: what the client sent with it, not to be trusted by itself.
    CertificateNames names_of(X509* certificate, STACK_OF(X509) * chain) const;
    // Of all classes; the client chooses its certificate by their names.
    std::vector<X509*> anchors() const;

private:
    struct Anchor {
        std::string device_class;
        ClientCertificates rule;
        std::shared_ptr<X509_STORE> store;
    };

    const Anchor* find(const std::string& device_class, const ClientCertificates& rule) const;

    std::vector<Anchor> anchors_;
};

} // namespace plugtone::tftpd
