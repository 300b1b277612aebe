#include "agent/device_states.hpp"

#include <array>

#include "core/names/owner.hpp"

namespace plugtone {

namespace {

constexpr std::array<std::pair<State, std::string_view>, 6> names = {{
    {State::waiting, "waiting"},
    {State::offered, "offered"},
    {State::leased, "leased"},
    {State::fetching, "fetching"},
    {State::configured, "configured"},
    {State::failed, "failed"},
}};

bool is_own_file(const Event& event) {
    return !event["OWNER"].empty() && event["OWNER"] == event["MAC"];
}

} // namespace

std::string_view state_name(State state) {
    for (const auto& [known, name] : names)
        if (known == state)
            return name;
    return "";
}

std::optional<State> state_named(std::string_view text) {
    for (const auto& [known, name] : names)
        if (name == text)
            return known;
    return std::nullopt;
}

std::optional<Mac> event_subject(const Event& event) {
    const auto mac = Mac::parse(event["MAC"]);
    return mac ? std::optional(*mac) : std::nullopt;
}

DeviceState next_state(DeviceState state, const Event& event, long long now) {
    // An expired lease is Kea's to tell, and says that nothing was seen.
    if (event.kind != EventKind::released || event["REASON"] != "expire")
        state.last_seen = now;
    switch (event.kind) {
    case EventKind::offered:
        // An ACK may be a renewal, which is no step back; a boot begins with DISCOVER and OFFER.
        if (event["MESSAGE"] == "OFFER")
            state.state = State::offered;
        // Not every message needs to carry it (a renewal, say).
        if (!event["VENDOR_CLASS"].empty())
            state.vendor_class = event["VENDOR_CLASS"];
        break;
    case EventKind::leased:
        if (state.state == State::waiting || state.state == State::offered)
            state.state = State::leased;
        state.address = event["IP"];
        break;
    case EventKind::released:
        state.address.clear();
        break;
    case EventKind::refused:
        state.state = State::waiting;
        state.address.clear();
        break;
    case EventKind::transfer_started:
        if (is_own_file(event) && state.state != State::configured)
            state.state = State::fetching;
        break;
    case EventKind::transfer_done:
        if (is_own_file(event))
            state.state = State::configured;
        break;
    case EventKind::transfer_failed:
        if (is_own_file(event))
            state.state = State::failed;
        break;
    case EventKind::transfer_absent:
    case EventKind::transfer_refused:
        break;
    }
    return state;
}

DeviceStates::DeviceStates(soci::session& database) : database_(database) {
    const soci::rowset<soci::row> rows =
        (database_.prepare
         << "SELECT mac, state, address, vendor_class, last_seen FROM device_state");
    for (const soci::row& row : rows)
        if (const auto mac = Mac::parse(row.get<std::string>(0)))
            states_[*mac] = {state_named(row.get<std::string>(1)).value_or(State::waiting),
                             row.get<std::string>(2), row.get<std::string>(3),
                             row.get<long long>(4)};
}

DeviceState DeviceStates::of(const Mac& mac) const {
    const auto found = states_.find(mac);
    return found == states_.end() ? DeviceState{} : found->second;
}

DeviceState DeviceStates::apply(const Mac& mac, const Event& event, long long now) {
    const DeviceState next = next_state(of(mac), event, now);
    if (states_.size() >= states_max && !states_.contains(mac) && !is_known(mac))
        return next;
    store(mac, next);
    states_[mac] = next;
    return next;
}

bool DeviceStates::is_known(const Mac& mac) {
    const std::string key = mac.text();
    int count = 0;
    database_ << "SELECT COUNT(*) FROM device WHERE mac = :mac AND until IS NULL", soci::use(key),
        soci::into(count);
    return count > 0;
}

void DeviceStates::store(const Mac& mac, const DeviceState& state) {
    const std::string key = mac.text();
    const std::string name(state_name(state.state));
    database_ << "INSERT OR REPLACE INTO device_state (mac, state, address, vendor_class, "
                 "last_seen) VALUES (:mac, :state, :address, :vendor_class, :last_seen)",
        soci::use(key), soci::use(name), soci::use(state.address), soci::use(state.vendor_class),
        soci::use(state.last_seen);
}

} // namespace plugtone
