#include "tftpd/tls_service.hpp"

#include <filesystem>

#include <sys/stat.h>

#include "core/base/log.hpp"
#include "core/classes/class_table.hpp"

namespace plugtone::tftpd {

TlsSettings TlsService::modern() const {
    return {settings_.tls.certificates, settings_.tls.keys, settings_.tls.floor,
            settings_.tls.ciphers, false};
}

TlsSettings TlsService::legacy() const {
    return {settings_.tls.certificates, settings_.tls.keys, settings_.tls.legacy_floor,
            settings_.tls.legacy_ciphers, true};
}

std::string TlsService::fingerprint() const {
    std::string text;
    for (const std::string& file : files_) {
        struct stat status {};
        const bool is_there = ::stat(file.c_str(), &status) == 0;
        text += file + ' ' + std::to_string(is_there ? status.st_ino : 0) + ' ' +
                std::to_string(status.st_size) + ' ' + std::to_string(status.st_mtim.tv_sec) + '.' +
                std::to_string(status.st_mtim.tv_nsec) + '\n';
    }
    return text;
}

Done TlsService::load() {
    if (!settings_.wants_tls())
        return {};
    const LoadedClasses classes = load_classes(settings_.classes);
    for (const std::string& problem : classes.problems)
        log(Level::error, "class-problem", {{"reason", problem}});
    std::vector<std::string> files = settings_.tls.certificates;
    files.insert(files.end(), settings_.tls.keys.begin(), settings_.tls.keys.end());
    files.insert(files.end(), settings_.classes.begin(), settings_.classes.end());
    std::set<std::string, std::less<>> legacy_classes;
    for (const DeviceClass& device_class : classes.table.classes()) {
        if (device_class.legacy_tls)
            legacy_classes.insert(device_class.name);
        if (!device_class.client_certificates)
            continue;
        files.push_back(settings_.tls.clients + "/" + device_class.client_certificates->anchors);
        files.push_back(settings_.tls.clients + "/" + device_class.client_certificates->revoked);
    }
    // Taken before the reading: what changes meanwhile is another change.
    files_ = std::move(files);
    fingerprint_ = fingerprint();
    trust_ = ClientTrust::load(classes.table.classes(), settings_.tls.clients, trust_);
    auto modern_made = TlsContext::load(modern(), trust_);
    if (!modern_made)
        return tl::unexpected(modern_made.error());
    auto legacy_made = TlsContext::load(legacy(), trust_);
    if (!legacy_made)
        return tl::unexpected(legacy_made.error());
    modern_ = std::move(*modern_made);
    legacy_ = std::move(*legacy_made);
    legacy_classes_ = std::move(legacy_classes);
    return {};
}

void TlsService::reload() {
    if (const auto done = load(); !done)
        log(Level::error, "tls-reload",
            {{"reason", done.error().message + "; what was loaded before stays in use"}});
    else if (settings_.wants_tls())
        log(Level::info, "tls-reloaded");
}

void TlsService::reload_if_changed() {
    if (!files_.empty() && fingerprint() != fingerprint_)
        reload();
}

std::unique_ptr<HttpStream> TlsService::make_stream(Channel channel, Fd socket) const {
    const auto& context = channel == Channel::legacy_https ? legacy_ : modern_;
    return context ? context->make_stream(std::move(socket)) : nullptr;
}

std::int64_t TlsService::not_after() const {
    return modern_ ? modern_->not_after() : 0;
}

} // namespace plugtone::tftpd
