#include "tftpd/transfer_record.hpp"

#include "core/base/log.hpp"

namespace plugtone::tftpd {

namespace {

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
        return Level::info;
    }
    return Level::info;
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
    add("SIZE", record.size ? std::to_string(*record.size) : "");
    add("BYTES", end.bytes ? std::to_string(*end.bytes) : "");
    add("REASON", end.reason);
    add("USER_AGENT", std::string_view(record.user_agent).substr(0, user_agent_size_max));
    add("DEVICE_MODEL", record.device_model);
    add("DEVICE_ID", record.device_id);
    return event;
}

void report(EventSender& events, EventKind kind, const TransferRecord& record,
            const TransferEnd& end) {
    log(level_of(kind), event_kind_name(kind),
        {{"name", record.name},
         {"protocol", record.protocol},
         {"peer", record.peer.text()},
         {"mac", record.mac ? record.mac->text() : "-"},
         {"owner", record.owner ? record.owner->text() : "-"},
         {"bytes", end.bytes ? std::to_string(*end.bytes) : "-"},
         {"reason", end.reason.empty() ? "-" : end.reason}});
    events.send(event_of(kind, record, end));
}

} // namespace plugtone::tftpd
