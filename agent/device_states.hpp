// Where each phone is on its way, as the events tell it: a value that a test drives, and its rows
// in the database.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <soci/soci.h>

#include "core/base/mac.hpp"
#include "core/classes/identity.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

enum class State {
    waiting,    // nothing seen of it
    offered,    // it was told where its files are
    leased,     // it has an address
    fetching,   // it asked for a file
    configured, // it has the whole of its own file
    failed,     // its own file did not get through
};
std::string_view state_name(State state);
std::optional<State> state_named(std::string_view text);

struct DeviceState {
    State state = State::waiting;
    std::string address;
    std::string vendor_class;    // option 60, as last sent; kept when a message has none
    long long last_seen = 0;     // seconds since 1970; 0: never
    std::string user_class = {}; // option 77; likewise:
    std::string host_name = {};  // option 12
    std::string kea_classes =
        {}; // of Kea's client classes those that a class asks for, a line each

    // What it is recognised by.
    Identity identity(const Mac& mac) const;

    bool operator==(const DeviceState&) const = default;
};

// What the event makes of the state of the device that it is about (event_subject).
DeviceState next_state(DeviceState state, const Event& event, long long now);
// Whose state an event moves: the phone that asked. Nothing if nobody knows which phone that was.
std::optional<Mac> event_subject(const Event& event);

class DeviceStates {
public:
    // Phones that nobody added are remembered, too, for when somebody does; only as long as there
    // are no more than so many of all.
    static constexpr std::size_t states_max = 50'000;

    // The tables are the inventory's.
    explicit DeviceStates(soci::session& database);

    DeviceState of(const Mac& mac) const;
    // The new state; inside a transaction of the caller's. Beyond states_max only the phones of the
    // inventory are remembered.
    DeviceState apply(const Mac& mac, const Event& event, long long now);

private:
    bool is_known(const Mac& mac);
    void store(const Mac& mac, const DeviceState& state);

    soci::session& database_;
    std::map<Mac, DeviceState> states_;
};

} // namespace plugtone
