#include "core/contracts/events.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::array kinds = {EventKind::offered,          EventKind::leased,
                              EventKind::released,         EventKind::refused,
                              EventKind::transfer_started, EventKind::transfer_done,
                              EventKind::transfer_failed,  EventKind::transfer_absent,
                              EventKind::transfer_refused, EventKind::dropped};
constexpr std::string_view kind_key = "EVENT";
constexpr std::size_t usual_size = 512;

bool is_key(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
}

} // namespace

std::string_view event_kind_name(EventKind kind) {
    switch (kind) {
    case EventKind::offered:
        return "offered";
    case EventKind::leased:
        return "leased";
    case EventKind::released:
        return "released";
    case EventKind::refused:
        return "refused";
    case EventKind::transfer_started:
        return "transfer-started";
    case EventKind::transfer_done:
        return "transfer-done";
    case EventKind::transfer_failed:
        return "transfer-failed";
    case EventKind::transfer_absent:
        return "transfer-absent";
    case EventKind::transfer_refused:
        return "transfer-refused";
    case EventKind::dropped:
        return "dropped";
    }
    return "";
}

std::optional<EventKind> event_kind_named(std::string_view name) {
    for (const EventKind kind : kinds)
        if (name == event_kind_name(kind))
            return kind;
    return std::nullopt;
}

std::string_view Event::operator[](std::string_view key) const {
    for (const auto& [name, value] : fields)
        if (name == key)
            return value;
    return {};
}

EventText::EventText(EventKind kind) {
    text_.reserve(usual_size);
    text_.append(kind_key).append("=").append(event_kind_name(kind)).append("\n");
}

EventText& EventText::add(std::string_view key, std::string_view value) {
    text_.append(key).append("=");
    // As most are; a copy made printable costs more than the look.
    if (is_printable(value) && value.find('\\') == std::string_view::npos)
        text_.append(value);
    else
        text_.append(printable(value));
    text_.append("\n");
    return *this;
}

std::string encode_event(const Event& event) {
    EventText text(event.kind);
    for (const auto& [key, value] : event.fields)
        text.add(key, value);
    return text.take();
}

Result<Event> decode_event(ByteView bytes) {
    if (bytes.size() > event_size_max)
        return fail("event: want at most " + std::to_string(event_size_max) + " bytes");
    std::string_view rest = as_text(bytes);
    Event event;
    bool has_kind = false;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos || !is_key(line.substr(0, equals)))
            return fail("event: want KEY=VALUE, got '" + printable(line) + "'");
        const std::string_view value = line.substr(equals + 1);
        if (!is_printable(value))
            return fail("event: the value of " + std::string(line.substr(0, equals)) +
                        " is not printable");
        if (!has_kind) {
            const auto kind = event_kind_named(value);
            if (line.substr(0, equals) != kind_key || !kind)
                return fail("event: want EVENT=<kind> first, got '" + printable(line) + "'");
            event.kind = *kind;
            has_kind = true;
            continue;
        }
        event.fields.emplace_back(line.substr(0, equals), value);
    }
    if (!has_kind)
        return fail("event: empty");
    return event;
}

} // namespace plugtone
