// The folder of the file server's certificates, /etc/plugtone/tls:
//
//   ca.key      the private authority's key; only root reads it
//   ca.pem      its certificate, for the phones to trust
//   server.pem  the file server's key and certificate, in one file so that one rename replaces
//               both; only root reads it, and the folder's group if the folder is setgid
//   clients/    trust anchors and revocation lists of the phones' own certificates, by class
//
// Each file is written durably and whole. Two callers at once are not kept apart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/tls/certificate.hpp"
#include "core/base/result.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

struct StoredCertificate {
    std::string file; // below the folder
    CertificateFacts facts;
};

class TlsFolder {
public:
    explicit TlsFolder(std::string path) : path_(std::move(path)) {}

    // Makes what is missing of the three, and says which it made. Refused as a conflict when
    // nothing is, or when ca.pem has lost its key.
    Result<std::vector<std::string>> init(const std::vector<std::string>& names,
                                          std::int64_t now) const;
    // A new key and certificate of the server; with no names, for those of the old one.
    Result<CertificateFacts> renew(std::vector<std::string> names, std::int64_t now) const;
    // ca.pem, server.pem, then the clients' by name. Those that are not there are left out; one
    // that cannot be read fails.
    Result<std::vector<StoredCertificate>> show() const;
    // Puts the anchors, and the revocation list unless its name is empty, where the class looks
    // for them. Refused: what are no authorities' certificates, or have ended; a list that none of
    // them signed or whose time is over; no list where the class wants one and has none yet.
    // Returns what was put there.
    Result<std::vector<std::string>> trust(const ClientCertificates& rule,
                                           const std::string& anchors_file,
                                           const std::string& list_file, std::int64_t now) const;

    const std::string& path() const { return path_; }

private:
    struct Authority {
        Key key;
        Certificate certificate;
    };

    std::string file(const std::string& name) const { return path_ + "/" + name; }
    bool has(const std::string& name) const;
    Result<Authority> read_authority() const;
    Result<std::vector<Certificate>> read_certificates(const std::string& name) const;
    // The anchors alone as PEM, once they and the list (empty: none) have been found good.
    Result<std::string> checked_anchors(const std::string& anchors_file,
                                        const std::string& list_file, std::int64_t now) const;
    Done write_authority_key() const;
    Done write_authority(std::int64_t now) const;
    Result<CertificateFacts> write_server(const std::vector<std::string>& names,
                                          std::int64_t now) const;

    std::string path_;
};

} // namespace plugtone
