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

Identity DeviceState::identity(const Mac& mac) const {
    Identity known{mac, vendor_class, user_class, {}, host_name, {}};
    for (std::string_view rest = kea_classes; !rest.empty();) {
        const std::size_t end = rest.find('\n');
        known.kea_classes.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return known;
}

namespace {

// Not every message needs to carry all of it (a renewal, say); one with option 60 does.
void take_identity(const Event& event, DeviceState& state) {
    if (event["VENDOR_CLASS"].empty() && event["MESSAGE"] != "OFFER")
        return;
    if (!event["VENDOR_CLASS"].empty())
        state.vendor_class = event["VENDOR_CLASS"];
    state.user_class = event["USER_CLASS"];
    state.host_name = event["HOSTNAME"];
    state.kea_classes.clear();
    for (const auto& [key, value] : event.fields)
        if (key == "KEA_CLASS")
            state.kea_classes += (state.kea_classes.empty() ? "" : "\n") + value;
}

} // namespace

DeviceState next_state(DeviceState state, const Event& event, long long now) {
    // An expired lease is Kea's to tell, and says that nothing was seen.
    if (event.kind != EventKind::released || event["REASON"] != "expire")
        state.last_seen = now;
    switch (event.kind) {
    case EventKind::offered:
        // An ACK may be a renewal, which is no step back; a boot begins with DISCOVER and OFFER.
        if (event["MESSAGE"] == "OFFER")
            state.state = State::offered;
        take_identity(event, state);
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
         << "SELECT mac, state, address, vendor_class, last_seen, user_class, host_name, "
            "kea_classes FROM device_state");
    for (const soci::row& row : rows)
        if (const auto mac = Mac::parse(row.get<std::string>(0)))
            states_[*mac] = {state_named(row.get<std::string>(1)).value_or(State::waiting),
                             row.get<std::string>(2),
                             row.get<std::string>(3),
                             row.get<long long>(4),
                             row.get<std::string>(5),
                             row.get<std::string>(6),
                             row.get<std::string>(7)};
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
    database_ << "INSERT INTO device_state (mac, state, address, vendor_class, "
                 "last_seen, user_class, host_name, kea_classes) VALUES (:mac, :state, :address, "
                 ":vendor_class, :last_seen, :user_class, :host_name, :kea_classes) "
                 "ON CONFLICT (mac) DO UPDATE SET state = excluded.state, address = "
                 "excluded.address, vendor_class = excluded.vendor_class, last_seen = "
                 "excluded.last_seen, user_class = excluded.user_class, host_name = "
                 "excluded.host_name, kea_classes = excluded.kea_classes",
        soci::use(key), soci::use(name), soci::use(state.address), soci::use(state.vendor_class),
        soci::use(state.last_seen), soci::use(state.user_class), soci::use(state.host_name),
        soci::use(state.kea_classes);
}

} // namespace plugtone
