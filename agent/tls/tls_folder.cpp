#include "agent/tls/tls_folder.hpp"

#include <algorithm>
#include <filesystem>

#include <sys/stat.h>

#include "core/base/file.hpp"
#include "core/contracts/durable.hpp"

namespace plugtone {

namespace {

constexpr std::size_t pem_size_max = std::size_t{4} << 20U; // a revocation list can be long
constexpr mode_t secret_mode = 0600;
constexpr mode_t group_secret_mode = 0640;
constexpr mode_t public_mode = 0644;
constexpr mode_t folder_mode = 0755;
constexpr std::chrono::days authority_days{7300}; // as long as phones hang on walls
constexpr std::chrono::days server_days{825};     // the longest that some clients believe
constexpr const char* authority_name = "Plugtone private authority";

constexpr const char* authority_key_file = "ca.key";
constexpr const char* authority_file = "ca.pem";
constexpr const char* server_file = "server.pem";
constexpr const char* clients_folder = "clients";

Done make_folder(const std::string& path) {
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    std::filesystem::create_directories(parent, error);
    if (::mkdir(path.c_str(), folder_mode) != 0)
        return errno == EEXIST ? Done() : fail_errno("cannot make " + path);
    return sync_folder(parent);
}

// A folder that passes its group on (the packages make it so) is meant to: the file server reads
// its key as a member of that group.
mode_t server_mode(const std::string& folder) {
    struct stat status {};
    const bool passes_on = ::stat(folder.c_str(), &status) == 0 && (status.st_mode & S_ISGID) != 0;
    return passes_on ? group_secret_mode : secret_mode;
}

Done check_anchors(const std::string& where, const std::vector<Certificate>& anchors,
                   std::int64_t now) {
    for (const Certificate& anchor : anchors) {
        const CertificateFacts facts = facts_of(anchor.get());
        if (!facts.is_authority)
            return fail(where + ": '" + facts.subject +
                        "' is no authority's certificate (CA:TRUE); want those that signed the "
                        "phones' certificates, not the phones' own");
        if (facts.not_after <= now)
            return fail(where + ": the certificate of '" + facts.subject + "' has ended");
    }
    return {};
}

Done check_list(const std::string& where, X509_CRL* list, const std::vector<Certificate>& anchors) {
    const bool is_ours =
        std::any_of(anchors.begin(), anchors.end(), [&](const Certificate& anchor) {
            return X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(anchor.get())) ==
                       0 &&
                   X509_CRL_verify(list, X509_get0_pubkey(anchor.get())) == 1;
        });
    ERR_clear_error();
    if (!is_ours)
        return fail(where + ": no trust anchor of the class signed this revocation list");
    const ASN1_TIME* next = X509_CRL_get0_nextUpdate(list);
    if (next != nullptr && X509_cmp_current_time(next) < 0)
        return fail(where + ": a newer revocation list should have come already; the file server "
                            "would believe no certificate by this one");
    return {};
}

} // namespace

bool TlsFolder::has(const std::string& name) const {
    std::error_code error;
    return std::filesystem::exists(file(name), error);
}

Result<std::vector<Certificate>> TlsFolder::read_certificates(const std::string& name) const {
    const auto bytes = read_file(file(name), pem_size_max);
    if (!bytes)
        return tl::unexpected(bytes.error());
    return parse_certificates(file(name), *bytes);
}

Result<TlsFolder::Authority> TlsFolder::read_authority() const {
    auto certificates = read_certificates(authority_file);
    if (!certificates)
        return tl::unexpected(certificates.error());
    const auto bytes = read_file(file(authority_key_file), pem_size_max);
    if (!bytes)
        return tl::unexpected(bytes.error());
    auto key = parse_key(file(authority_key_file), *bytes);
    if (!key)
        return tl::unexpected(key.error());
    if (!is_key_of(key->get(), certificates->front().get()))
        return fail(ErrorKind::conflict, file(authority_key_file) + " is not the key of " +
                                             file(authority_file) +
                                             ": put back the one that belongs to it");
    return Authority{std::move(*key), std::move(certificates->front())};
}

Done TlsFolder::write_authority_key() const {
    const auto key = make_key();
    if (!key)
        return tl::unexpected(key.error());
    const auto text = key_text(key->get());
    if (!text)
        return tl::unexpected(text.error());
    return write_file(file(authority_key_file), as_bytes(text->reveal()), secret_mode,
                      Durability::durable);
}

Done TlsFolder::write_authority(std::int64_t now) const {
    const auto bytes = read_file(file(authority_key_file), pem_size_max);
    if (!bytes)
        return tl::unexpected(bytes.error());
    const auto key = parse_key(file(authority_key_file), *bytes);
    if (!key)
        return tl::unexpected(key.error());
    const auto made = make_authority(key->get(), authority_name, now, authority_days);
    if (!made)
        return tl::unexpected(made.error());
    const auto text = certificate_text(made->get());
    if (!text)
        return tl::unexpected(text.error());
    return write_file(file(authority_file), as_bytes(*text), public_mode, Durability::durable);
}

Result<CertificateFacts> TlsFolder::write_server(const std::vector<std::string>& names,
                                                 std::int64_t now) const {
    const auto authority = read_authority();
    if (!authority)
        return tl::unexpected(authority.error());
    const auto key = make_key();
    if (!key)
        return tl::unexpected(key.error());
    const auto certificate = make_server(authority->certificate.get(), authority->key.get(),
                                         key->get(), names, now, server_days);
    if (!certificate)
        return tl::unexpected(certificate.error());
    const auto secret = key_text(key->get());
    if (!secret)
        return tl::unexpected(secret.error());
    const auto open = certificate_text(certificate->get());
    if (!open)
        return tl::unexpected(open.error());
    const Secret both(std::string(secret->reveal()) + *open);
    if (auto done = write_file(file(server_file), as_bytes(both.reveal()), server_mode(path_),
                               Durability::durable);
        !done)
        return tl::unexpected(done.error());
    return facts_of(certificate->get());
}

Result<std::vector<std::string>> TlsFolder::init(const std::vector<std::string>& names,
                                                 std::int64_t now) const {
    for (const std::string& name : names)
        if (auto good = check_server_name(name); !good)
            return tl::unexpected(good.error());
    if (has(server_file))
        return fail(ErrorKind::conflict, file(server_file) +
                                             " is there already; 'plugtonectl tls renew' makes a "
                                             "new one by the same authority");
    if (has(authority_file) && !has(authority_key_file))
        return fail(ErrorKind::conflict,
                    file(authority_file) + " has no " + authority_key_file +
                        " beside it: put its key there, or take the certificate away for a new "
                        "authority, which all phones must then be told to trust");
    for (const std::string& folder : {path_, file(clients_folder)})
        if (auto done = make_folder(folder); !done)
            return tl::unexpected(done.error());
    std::vector<std::string> made;
    if (!has(authority_key_file)) {
        if (auto done = write_authority_key(); !done)
            return tl::unexpected(done.error());
        made.push_back(file(authority_key_file));
    }
    if (!has(authority_file)) {
        if (auto done = write_authority(now); !done)
            return tl::unexpected(done.error());
        made.push_back(file(authority_file));
    }
    if (auto done = write_server(names, now); !done)
        return tl::unexpected(done.error());
    made.push_back(file(server_file));
    return made;
}

Result<CertificateFacts> TlsFolder::renew(std::vector<std::string> names, std::int64_t now) const {
    if (names.empty()) {
        const auto old = read_certificates(server_file);
        if (!old)
            return tl::unexpected(old.error());
        names = facts_of(old->front().get()).names;
    }
    if (names.empty())
        return fail(file(server_file) + " names no host: say --name");
    return write_server(names, now);
}

Result<std::vector<StoredCertificate>> TlsFolder::show() const {
    std::vector<std::string> files{authority_file, server_file};
    std::vector<std::string> clients;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(file(clients_folder), error))
        if (const std::string name = entry.path().filename().string();
            !name.starts_with('.') && entry.path().extension() != ".crl")
            clients.push_back(std::string(clients_folder) + "/" + name);
    std::sort(clients.begin(), clients.end());
    files.insert(files.end(), clients.begin(), clients.end());
    std::vector<StoredCertificate> all;
    for (const std::string& name : files) {
        const auto certificates = read_certificates(name);
        if (!certificates && certificates.error().kind == ErrorKind::not_found)
            continue;
        if (!certificates)
            return tl::unexpected(certificates.error());
        for (const Certificate& one : *certificates)
            all.push_back({name, facts_of(one.get())});
    }
    return all;
}

Result<std::string> TlsFolder::checked_anchors(const std::string& anchors_file,
                                               const std::string& list_file,
                                               std::int64_t now) const {
    const auto pem = read_file(anchors_file, pem_size_max);
    if (!pem)
        return tl::unexpected(pem.error());
    const auto anchors = parse_certificates(anchors_file, *pem);
    if (!anchors)
        return tl::unexpected(anchors.error());
    if (auto good = check_anchors(anchors_file, *anchors, now); !good)
        return tl::unexpected(good.error());
    if (!list_file.empty()) {
        const auto bytes = read_file(list_file, pem_size_max);
        if (!bytes)
            return tl::unexpected(bytes.error());
        const auto list = parse_revocation_list(list_file, *bytes);
        if (!list)
            return tl::unexpected(list.error());
        if (auto good = check_list(list_file, list->get(), *anchors); !good)
            return tl::unexpected(good.error());
    }
    std::string text; // what stood besides the certificates, perhaps a key, stays out
    for (const Certificate& anchor : *anchors) {
        const auto one = certificate_text(anchor.get());
        if (!one)
            return tl::unexpected(one.error());
        text += *one;
    }
    return text;
}

Result<std::vector<std::string>> TlsFolder::trust(const ClientCertificates& rule,
                                                  const std::string& anchors_file,
                                                  const std::string& list_file,
                                                  std::int64_t now) const {
    const std::string folder = file(clients_folder) + "/";
    if (!list_file.empty() && rule.revoked.empty())
        return fail("the class names no revocation list (revoked=\"…\" in its file)");
    const bool wants_list = !rule.revoked.empty() && list_file.empty();
    if (wants_list && !has(clients_folder + ("/" + rule.revoked)))
        return fail("the class wants the revocation list '" + rule.revoked +
                    "', and there is none yet: give it with --revoked FILE");
    const std::string list = wants_list ? folder + rule.revoked : list_file;
    const auto anchors = checked_anchors(anchors_file, list, now);
    if (!anchors)
        return tl::unexpected(anchors.error());
    for (const std::string& needed : {path_, file(clients_folder)})
        if (auto done = make_folder(needed); !done)
            return tl::unexpected(done.error());
    std::vector<std::string> put;
    // The list first: without it the class would be refused.
    if (!list_file.empty()) {
        const auto bytes = read_file(list_file, pem_size_max);
        if (!bytes)
            return tl::unexpected(bytes.error());
        put.push_back(folder + rule.revoked);
        if (auto done = write_file(put.back(), *bytes, public_mode, Durability::durable); !done)
            return tl::unexpected(done.error());
    }
    put.push_back(folder + rule.anchors);
    if (auto done = write_file(put.back(), as_bytes(*anchors), public_mode, Durability::durable);
        !done)
        return tl::unexpected(done.error());
    return put;
}

} // namespace plugtone
