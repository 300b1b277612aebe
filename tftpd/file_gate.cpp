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

} // namespace

std::string_view channel_name(Channel channel) {
    switch (channel) {
    case Channel::tftp:
        return "tftp";
    case Channel::http:
        return "http";
    case Channel::https:
        return "https";
    case Channel::legacy_https:
        return "legacy-https";
    }
    return "?";
}

TransferRecord record_of(const Passage& passage, Channel channel, const Ipv4& peer,
                         std::chrono::steady_clock::time_point now) {
    TransferRecord record;
    record.name = passage.name;
    record.protocol = channel_name(channel);
    record.peer = peer;
    record.mac = passage.mac;
    record.owner = passage.owner;
    record.device_class = passage.device_class;
    record.started = now;
    return record;
}

EventKind event_of_answer(Answer answer) {
    return answer == Answer::absent ? EventKind::transfer_absent : EventKind::transfer_refused;
}

FileGate::FileGate(const CatalogueInUse& catalogue, std::string bindings,
                   FindNeighbour find_neighbour, Refresh refresh)
    : catalogue_in_use_(catalogue), bindings_(std::move(bindings)),
      find_neighbour_(std::move(find_neighbour)), refresh_(std::move(refresh)) {}

void FileGate::refresh() {
    if (is_fresh_)
        return;
    bindings_.refresh(std::chrono::steady_clock::now());
    if (refresh_)
        refresh_();
    catalogue_ = catalogue_in_use_.get();
    is_fresh_ = true;
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
    const auto verdict =
        decide_access(served->owner, served->access, lease, [&]() -> std::optional<Mac> {
            const auto found = find_neighbour_(asker.address);
            if (!found)
                log(Level::error, "neighbours", {{"reason", found.error().message}});
            return passage.mac = found.value_or(std::nullopt);
        });
    if (!verdict.allowed) {
        passage.answer = Answer::refused;
        passage.reason = verdict.reason;
        return passage;
    }
    open(*served, passage);
    return passage;
}

} // namespace plugtone::tftpd
