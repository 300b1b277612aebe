#include "tftpd/transfer_record.hpp"

#include "core/base/log.hpp"

namespace plugtone::tftpd {

namespace {

constexpr std::size_t waiting_max = 4096; // events

Level level_of(EventKind kind) {
    switch (kind) {
    case EventKind::transfer_refused:
        return Level::warning; // somebody asks for what is not theirs
    case EventKind::transfer_started:
        return Level::debug; // its end is the line
    case EventKind::transfer_done:
    case EventKind::transfer_failed:
    case EventKind::transfer_absent:
    case EventKind::offered:
    case EventKind::leased:
    case EventKind::released:
    case EventKind::refused:
    case EventKind::dropped:
        return Level::info;
    }
    return Level::info;
}

std::string_view result_of(EventKind kind) {
    switch (kind) {
    case EventKind::transfer_done:
        return "done";
    case EventKind::transfer_absent:
        return "absent";
    case EventKind::transfer_refused:
        return "refused";
    case EventKind::transfer_failed:
    case EventKind::transfer_started:
    case EventKind::offered:
    case EventKind::leased:
    case EventKind::released:
    case EventKind::refused:
    case EventKind::dropped:
        return "failed";
    }
    return "failed";
}

} // namespace

Event event_of(EventKind kind, const TransferRecord& record, const TransferEnd& end) {
    Event event{kind, {}};
    const auto add = [&event](std::string_view key, std::string_view value) {
        if (!value.empty())
            event.fields.emplace_back(key, value);
    };
    add("NAME", record.name);
    add("PROTOCOL", record.protocol);
    add("PEER", record.peer.text());
    add("MAC", record.mac ? record.mac->text() : "");
    add("OWNER", record.owner ? record.owner->text() : "");
    add("SHA256", record.owner ? record.sha256 : "");
    add("SIZE", record.size ? std::to_string(*record.size) : "");
    add("BYTES", end.bytes ? std::to_string(*end.bytes) : "");
    add("REASON", end.reason);
    add("USER_AGENT", std::string_view(record.user_agent).substr(0, user_agent_size_max));
    add("DEVICE_MODEL", record.device_model);
    add("DEVICE_FIRMWARE", record.device_firmware);
    add("DEVICE_ID", record.device_id);
    return event;
}

void TransferReports::report(EventKind kind, const TransferRecord& record, const TransferEnd& end) {
    const Level level = level_of(kind);
    if (logs(level))
        log(level, event_kind_name(kind),
            {{"name", record.name},
             {"protocol", std::string(record.protocol)},
             {"peer", record.peer.text()},
             {"mac", record.mac ? record.mac->text() : "-"},
             {"owner", record.owner ? record.owner->text() : "-"},
             {"bytes", end.bytes ? std::to_string(*end.bytes) : "-"},
             {"reason", end.reason.empty() ? "-" : end.reason}});
    if (kind != EventKind::transfer_started)
        metrics_.ended({record.protocol, result_of(kind), record.device_class, record.device_model,
                        end.bytes.value_or(0), end.repeated,
                        std::chrono::steady_clock::now() - record.started});
    if (!events_.is_wanted())
        return;
    if (waiting_.size() == waiting_max) {
        events_.count_dropped(1); // the agent is far behind, and serving does not wait for it
        return;
    }
    waiting_.push_back(encode_event(event_of(kind, record, end)));
}

bool TransferReports::flush() {
    if (waiting_.empty())
        return true;
    const std::size_t done = events_.send_some(waiting_);
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(done));
    return waiting_.empty();
}

} // namespace plugtone::tftpd
