#include "agent/device_states.hpp"

#include <algorithm>

namespace plugtone {

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

DeviceState noted(DeviceState state, const Event& event, long long now) {
    // An expired lease is Kea's to tell, and says that nothing was seen.
    if (event.kind != EventKind::released || event["REASON"] != "expire")
        state.last_seen = now;
    switch (event.kind) {
    case EventKind::offered:
        take_identity(event, state);
        break;
    case EventKind::leased:
        state.address = event["IP"];
        break;
    case EventKind::released:
    case EventKind::refused:
        state.address.clear();
        break;
    case EventKind::transfer_started:
    case EventKind::transfer_done:
    case EventKind::transfer_failed:
    case EventKind::transfer_absent:
    case EventKind::transfer_refused:
    case EventKind::dropped:
        break;
    }
    return state;
}

DeviceStates::DeviceStates(soci::session& database, JourneyLimits limits, long long now)
    : database_(database), rules_(limits, now) {
    const soci::rowset<soci::row> rows =
        (database_.prepare
         << "SELECT mac, state, address, vendor_class, last_seen, user_class, host_name, "
            "kea_classes, since, stuck_since, why, fetched, fetched_at, fetches, missing, hint "
            "FROM device_state");
    for (const soci::row& row : rows) {
        const auto mac = Mac::parse(row.get<std::string>(0));
        if (!mac)
            continue;
        const Journey journey{state_named(row.get<std::string>(1)).value_or(State::unseen),
                              row.get<long long>(8),
                              row.get<long long>(9),
                              row.get<std::string>(10),
                              row.get<std::string>(11),
                              row.get<long long>(12),
                              static_cast<int>(row.get<long long>(13)),
                              row.get<std::string>(14),
                              row.get<std::string>(15)};
        states_[*mac] = {journey,
                         row.get<std::string>(2),
                         row.get<std::string>(3),
                         row.get<long long>(4),
                         row.get<std::string>(5),
                         row.get<std::string>(6),
                         row.get<std::string>(7)};
    }
}

DeviceState DeviceStates::of(const Mac& mac) const {
    const auto found = states_.find(mac);
    return found == states_.end() ? DeviceState{} : found->second;
}

void DeviceStates::set(const Mac& mac, const DeviceState& state) {
    states_[mac] = state;
    unwritten_.insert(mac);
    if (const auto old = due_of_.find(mac); old != due_of_.end()) {
        due_.erase({old->second, mac});
        due_of_.erase(old);
    }
    if (!is_known(mac)) // nobody looks where a stranger is stuck
        return;
    if (const auto when = rules_.due(state.journey)) {
        due_.emplace(*when, mac);
        due_of_.emplace(mac, *when);
    }
}

DeviceState DeviceStates::apply(const Mac& mac, const Event& event, long long now) {
    static const OwnFiles none;
    const auto own = live_.find(mac);
    DeviceState next = noted(of(mac), event, now);
    next.journey = rules_.on_event(std::move(next.journey), event,
                                   own == live_.end() ? none : own->second, now);
    if (states_.size() < states_max || states_.contains(mac) || is_known(mac))
        set(mac, next);
    return next;
}

void DeviceStates::published(const Scope& scope, const std::map<Mac, OwnFiles>& present,
                             long long now) {
    std::vector<Mac> gone;
    for (const auto& [mac, files] : live_)
        if (scope.holds(mac) && !present.contains(mac))
            gone.push_back(mac);
    for (const Mac& mac : gone) {
        live_.erase(mac);
        DeviceState state = of(mac);
        state.journey = {}; // what it is recognised by stays, and where it is
        set(mac, state);
    }
    for (const auto& [mac, files] : present) {
        const auto [own, is_new] = live_.insert_or_assign(mac, files);
        DeviceState state = of(mac);
        const Journey before = state.journey;
        state.journey = rules_.on_publish(std::move(state.journey), own->second, now);
        if (is_new || state.journey != before)
            if (states_.contains(mac)) // nothing to remember of one that was never seen
                set(mac, state);
    }
}

void DeviceStates::forget(const Mac& mac) {
    states_.erase(mac);
    unwritten_.erase(mac);
    forgotten_.insert(mac);
}

std::optional<long long> DeviceStates::due() const {
    return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
}

std::vector<Mac> DeviceStates::pass_time(long long now, std::size_t count_max) {
    std::vector<Mac> moved;
    while (!due_.empty() && due_.begin()->first <= now && moved.size() < count_max) {
        const Mac mac = due_.begin()->second;
        DeviceState state = of(mac);
        state.journey = rules_.on_time(std::move(state.journey), live_.at(mac), now);
        set(mac, state);
        moved.push_back(mac);
    }
    return moved;
}

void DeviceStates::store() {
    std::string mac, state;
    for (const Mac& one : forgotten_) {
        mac = one.text();
        database_ << "DELETE FROM device_state WHERE mac = :mac", soci::use(mac);
    }
    DeviceState row;
    Journey& journey = row.journey;
    long long fetches = 0;
    soci::statement upsert =
        (database_.prepare
             << "INSERT INTO device_state (mac, state, address, vendor_class, last_seen, "
                "user_class, host_name, kea_classes, since, stuck_since, why, fetched, "
                "fetched_at, fetches, missing, hint) VALUES (:mac, :state, :address, :vendor, "
                ":seen, :user, :host, :kea, :since, :stuck, :why, :fetched, :fetched_at, "
                ":fetches, :missing, :hint) ON CONFLICT (mac) DO UPDATE SET state = "
                "excluded.state, address = excluded.address, vendor_class = "
                "excluded.vendor_class, last_seen = excluded.last_seen, user_class = "
                "excluded.user_class, host_name = excluded.host_name, kea_classes = "
                "excluded.kea_classes, since = excluded.since, stuck_since = "
                "excluded.stuck_since, why = excluded.why, fetched = excluded.fetched, "
                "fetched_at = excluded.fetched_at, fetches = excluded.fetches, missing = "
                "excluded.missing, hint = excluded.hint",
         soci::use(mac), soci::use(state), soci::use(row.address), soci::use(row.vendor_class),
         soci::use(row.last_seen), soci::use(row.user_class), soci::use(row.host_name),
         soci::use(row.kea_classes), soci::use(journey.since), soci::use(journey.stuck_since),
         soci::use(journey.why), soci::use(journey.fetched), soci::use(journey.fetched_at),
         soci::use(fetches), soci::use(journey.missing), soci::use(journey.hint));
    for (const Mac& one : unwritten_) {
        mac = one.text();
        row = of(one);
        state = std::string(state_name(journey.state));
        fetches = journey.fetches;
        upsert.execute(true);
    }
}

void DeviceStates::forget_strangers(long long seen_before, std::size_t count_max) {
    std::vector<Mac> forgotten;
    for (const auto& [mac, state] : states_)
        if (forgotten.size() < count_max && state.last_seen < seen_before && !is_known(mac))
            forgotten.push_back(mac);
    for (const Mac& mac : forgotten) {
        const std::string key = mac.text();
        database_ << "DELETE FROM device_state WHERE mac = :mac", soci::use(key);
        states_.erase(mac);
        unwritten_.erase(mac);
    }
}

} // namespace plugtone
