// What is known of each phone from its events: where it is on its way (journey.hpp), its address,
// and what it is recognised by. In memory, with its rows in the database. One thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <soci/soci.h>

#include "agent/generation.hpp"
#include "agent/journey.hpp"
#include "core/base/mac.hpp"
#include "core/classes/identity.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

struct DeviceState {
    Journey journey;
    std::string address = {};
    std::string vendor_class = {}; // option 60, as last sent; kept when a message has none
    long long last_seen = 0;       // seconds since 1970; 0: never
    std::string user_class = {};   // option 77; likewise:
    std::string host_name = {};    // option 12
    // Of Kea's client classes those that a class asks for, a line each.
    std::string kea_classes = {};

    // What it is recognised by.
    Identity identity(const Mac& mac) const;

    bool operator==(const DeviceState&) const = default;
};

// What the event tells of the device that it is about (event_subject), its journey apart.
DeviceState noted(DeviceState state, const Event& event, long long now);
// Whose state an event moves: the phone that asked. Nothing if nobody knows which phone that was.
std::optional<Mac> event_subject(const Event& event);

class DeviceStates {
public:
    // Phones that nobody added are remembered, too, for when somebody does; only as long as there
    // are no more than so many of all.
    static constexpr std::size_t states_max = 50'000;

    // The tables are the inventory's. now: when the watch begins. Throws soci::soci_error.
    explicit DeviceStates(soci::session& database, JourneyLimits limits = {}, long long now = 0);

    DeviceState of(const Mac& mac) const;
    // It is in the inventory, as far as published() was told.
    bool is_known(const Mac& mac) const { return live_.contains(mac); }
    // The new state. Beyond states_max only the phones of the inventory are remembered.
    DeviceState apply(const Mac& mac, const Event& event, long long now);
    // A stranger; until stored() its row is there.
    void forget(const Mac& mac);

    // After a change of the inventory or of the live generation: the devices of the scope that
    // there are now, each with its own files. A device that has gone begins anew.
    void published(const Scope& scope, const std::map<Mac, OwnFiles>& present, long long now);
    // Those whose journey the passing of time has moved, at most count_max.
    std::vector<Mac> pass_time(long long now, std::size_t count_max);
    // When pass_time() has something to do; nothing: not without an event.
    std::optional<long long> due() const;

    // Writes what has changed; inside a transaction of the caller's. Until stored() is called,
    // after its commit, it counts as unwritten. Throws soci::soci_error.
    void store();
    void stored() {
        unwritten_.clear();
        forgotten_.clear();
    }
    // Forgets strangers that were not seen since then, at most count_max; likewise.
    void forget_strangers(long long seen_before, std::size_t count_max);

private:
    void set(const Mac& mac, const DeviceState& state);

    soci::session& database_;
    JourneyRules rules_;
    std::map<Mac, DeviceState> states_;
    std::map<Mac, OwnFiles> live_; // of the devices of the inventory
    std::map<Mac, long long> due_of_;
    std::set<std::pair<long long, Mac>> due_;
    std::set<Mac> unwritten_;
    std::set<Mac> forgotten_; // whose rows are still there
};

} // namespace plugtone
