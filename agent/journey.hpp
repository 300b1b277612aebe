// Where a phone is on its way to its file, and where it is stuck: a state machine that events,
// publishes and the passing of time move. docs/journal.md says what each state means and what to do
// about it. Plain values; time is a value; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/contracts/events.hpp"

namespace plugtone {

enum class State {
    unseen,     // nothing seen of it since it was added
    seen,       // it was heard, but not seen to boot
    offered,    // DHCP told it where its files are
    leased,     // it has an address
    asked,      // it asked for files, and has not got its own
    fetched,    // it has its own file; whether it can read it is not known yet
    outdated,   // it can read the file that it has, and another one is live
    up_to_date, // it can read the file that it has, and that is the live generation's
};
std::string_view state_name(State state);
std::optional<State> state_named(std::string_view text);

// What has to follow within which time, in seconds.
struct JourneyLimits {
    long long lease_s = 60;  // after an offer (or a refused address), an address
    long long ask_s = 180;   // after the address, a request
    long long fetch_s = 180; // after the first request, its own file
    // Quiet for so long after its own file, it can read it; one that cannot comes back sooner.
    long long settle_s = 60;
    long long poll_s = 8LL * 24 * 3600; // after a publish, its new file; the devices' default: 7 d
    int fetches_max = 3;                // of the same file, each before settle_s had passed
};

// A device's own file in the live generation, in each form and seal that it is there in.
struct OwnFiles {
    std::vector<std::string> sha256;
    bool has_xml = false; // then no other form counts

    bool holds(const std::string& hash) const;
    bool operator==(const OwnFiles&) const = default;
};

struct Journey {
    State state = State::unseen;
    long long since = 0;       // when it came to that state, seconds since 1970; 0: never moved
    long long stuck_since = 0; // 0: it is not stuck
    std::string why = {};      // it is stuck, and what to do, for people

    // What the next verdict depends on.
    std::string fetched = {}; // SHA-256 of its own file, as it has it; empty: not known
    long long fetched_at = 0;
    int fetches = 0;          // of that file in a row
    std::string missing = {}; // names that it asked for in vain on this way
    std::string hint = {};    // what went wrong on this way, and may yet turn out to be harmless

    bool is_stuck() const { return stuck_since != 0; }
    bool operator==(const Journey&) const = default;
};

class JourneyRules {
public:
    // watched_since: nobody knows what happened before; no limit begins earlier.
    explicit JourneyRules(JourneyLimits limits = {}, long long watched_since = 0)
        : limits_(limits), watched_since_(watched_since) {}

    // The event is of the device itself (MAC).
    Journey on_event(Journey journey, const Event& event, const OwnFiles& live,
                     long long now) const;
    // The live generation may have another file for it.
    Journey on_publish(Journey journey, const OwnFiles& live, long long now) const;
    // Time has passed.
    Journey on_time(Journey journey, const OwnFiles& live, long long now) const;
    // When on_time() will change something; nothing: only an event will.
    std::optional<long long> due(const Journey& journey) const;

private:
    void on_offer(Journey& journey, const Event& event, long long now) const;
    void on_request(Journey& journey, const Event& event, long long now) const;
    void on_own_file(Journey& journey, const Event& event, long long now) const;
    void on_trouble(Journey& journey, const Event& event, long long now) const;
    void settle(Journey& journey, const OwnFiles& live, long long now) const;

    JourneyLimits limits_;
    long long watched_since_;
};

} // namespace plugtone
