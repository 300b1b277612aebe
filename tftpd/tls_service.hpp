// TLS for the listeners, kept up to date: reads the device classes, the certificates and the trust
// anchors, and reads them again when one of the files changes. What is wrong with the new ones is
// logged, and the old ones stay. The poller's thread.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tftpd/channel.hpp"
#include "tftpd/http_stream.hpp"
#include "tftpd/settings.hpp"
#include "tftpd/tls_context.hpp"

namespace plugtone::tftpd {

class TlsService {
public:
    explicit TlsService(const Settings& settings) : settings_(settings) {}

    // Fails when TLS is wanted and cannot be had as the settings say.
    Done load();
    // If a file has changed since.
    void reload_if_changed();
    void reload();

    // Nothing where no TLS is set up.
    std::unique_ptr<HttpStream> make_stream(Channel channel, Fd socket) const;
    // Classes whose devices may use the legacy listener.
    const std::set<std::string, std::less<>>& legacy_classes() const { return legacy_classes_; }
    // When the server's first certificate ends, in seconds since 1970; 0: there is none.
    std::int64_t not_after() const;

private:
    TlsSettings modern() const;
    TlsSettings legacy() const;
    // Which files, and what they were.
    std::string fingerprint() const;

    const Settings& settings_;
    std::shared_ptr<const TlsContext> modern_;
    std::shared_ptr<const TlsContext> legacy_;
    ClientTrust trust_;
    std::set<std::string, std::less<>> legacy_classes_;
    std::vector<std::string> files_;
    std::string fingerprint_;
};

} // namespace plugtone::tftpd
