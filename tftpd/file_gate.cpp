#include "tftpd/file_gate.hpp"

#include <chrono>
#include <utility>

#include "core/base/log.hpp"
#include "core/names/request_name.hpp"
#include "tftpd/access.hpp"

namespace plugtone::tftpd {

namespace {

std::int64_t seconds_since_1970() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

// The MAC that the certificate names by the rule of that class.
std::optional<Mac> named_by(const CertificateNames* names, std::string_view device_class) {
    if (names == nullptr)
        return std::nullopt;
    const auto found = names->find(device_class);
    return found == names->end() ? std::nullopt : std::optional(found->second);
}

} // namespace

TransferRecord record_of(const Passage& passage, Channel channel, const Ipv4& peer,
                         std::chrono::steady_clock::time_point now) {
    TransferRecord record;
    record.name = passage.name;
    record.protocol = channel_name(channel);
    record.peer = peer;
    record.mac = passage.mac;
    record.owner = passage.owner;
    record.device_class = passage.device_class;
    record.sha256 = passage.sha256;
    record.started = now;
    return record;
}

EventKind event_of_answer(Answer answer) {
    return answer == Answer::absent ? EventKind::transfer_absent : EventKind::transfer_refused;
}

FileGate::FileGate(const CatalogueInUse& catalogue, std::string bindings,
                   FindNeighbour find_neighbour, Refresh refresh, MayUseLegacy may_use_legacy)
    : catalogue_in_use_(catalogue), bindings_(std::move(bindings)),
      find_neighbour_(std::move(find_neighbour)), refresh_(std::move(refresh)),
      may_use_legacy_(std::move(may_use_legacy)) {}

void FileGate::refresh() {
    if (is_fresh_)
        return;
    bindings_.refresh(std::chrono::steady_clock::now());
    if (refresh_)
        refresh_();
    catalogue_ = catalogue_in_use_.get();
    is_fresh_ = true;
}

std::string FileGate::channel_trouble(const ServedFile& served, const Asker& asker,
                                      const std::optional<Mac>& mac) const {
    if (asker.channel == Channel::tftp && served.http)
        return "its class wants a name and a password, which TFTP cannot carry";
    if (asker.channel != Channel::legacy_https)
        return {};
    const std::string_view device_class =
        served.owner || !mac ? std::string_view(served.device_class) : catalogue_->class_of(*mac);
    if (may_use_legacy_ && may_use_legacy_(device_class))
        return {};
    return "class '" + std::string(device_class) + "' may not use the listener for old TLS";
}

void FileGate::open(const ServedFile& served, Passage& passage) {
    auto file = contents_.open(catalogue_, served);
    if (!file) {
        const bool is_gone = file.error().kind == ErrorKind::not_found;
        passage.answer = is_gone ? Answer::absent : Answer::failed;
        passage.reason = file.error().message;
        return;
    }
    passage.answer = Answer::granted;
    passage.file = std::move(*file);
}

Passage FileGate::ask(std::string_view name, const Asker& asker) {
    refresh();
    Passage passage;
    const auto lease = LeaseView::of(bindings_.find(asker.address), seconds_since_1970());
    if (!lease.trouble.empty())
        log(Level::error, "binding", {{"peer", asker.address.text()}, {"reason", lease.trouble}});
    passage.mac = lease.holder;

    const auto normal = normalise_request_name(name);
    passage.name = normal ? *normal : std::string(name);
    if (!normal) {
        passage.reason = normal.error().message;
        return passage;
    }
    const ServedFile* served = catalogue_->find(*normal);
    if (served == nullptr) {
        passage.reason = "no such file";
        return passage;
    }
    passage.owner = served->owner;
    passage.device_class = served->device_class;
    passage.sha256 = served->sha256;
    const auto certificate = named_by(asker.certificate, served->device_class);
    auto verdict = decide_access(
        served->owner, served->access, certificate, lease, [&]() -> std::optional<Mac> {
            const auto found = find_neighbour_(asker.address);
            if (!found)
                log(Level::error, "neighbours", {{"reason", found.error().message}});
            return passage.mac = found.value_or(std::nullopt);
        });
    if (certificate)
        passage.mac = certificate;
    if (verdict.allowed) {
        verdict.reason = channel_trouble(*served, asker, passage.mac);
        verdict.allowed = verdict.reason.empty();
    }
    if (!verdict.allowed) {
        passage.answer = Answer::refused;
        passage.reason = verdict.reason;
        return passage;
    }
    passage.http = served->http;
    open(*served, passage);
    return passage;
}

} // namespace plugtone::tftpd
