// Phones that were seen and are not in the inventory: they wait here for an operator. Bounded,
// since anybody can send any MAC address: what is least likely to be a phone goes first, and a
// flood of made-up addresses neither grows the table nor drives out what stands in it. In memory,
// with its rows in the database. One thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include <soci/soci.h>

#include "core/base/mac.hpp"

namespace plugtone {

// How likely it is to be a phone that somebody plugged in; a later one is the likelier.
enum class Interest {
    stranger,   // no class recognises it
    recognised, // by what one packet can claim
    present,    // and it took an address or asked for a file: there are only so many leases
};

struct UnknownPhone {
    Interest interest = Interest::stranger;
    long long first_seen = 0; // seconds since 1970; likewise:
    long long last_seen = 0;
};

class UnknownPhones {
public:
    static constexpr std::size_t phones_max = 1000;
    // A phone that a class recognised makes place for its like only when it has been silent for so
    // long.
    static constexpr long long silent_s = 3600;

    // The table is the inventory's.
    explicit UnknownPhones(soci::session& database);

    struct Seen {
        bool kept = false;             // it waits
        std::optional<Mac> made_place; // waits no more
    };
    // A phone that waits keeps the highest interest that it had.
    Seen see(const Mac& mac, Interest interest, long long now);
    // It has been added, or an operator does not want to see it.
    void forget(const Mac& mac);
    // Those that were not seen since then.
    void forget_before(long long seen_before);

    // Writes what has changed; inside a transaction of the caller's. Until stored() is called,
    // after its commit, it counts as unwritten. Throws soci::soci_error.
    void store();
    void stored() { unwritten_.clear(); }

    const std::map<Mac, UnknownPhone>& all() const { return phones_; }

private:
    using Rank = std::tuple<Interest, long long, Mac>; // the first goes first
    static Rank rank_of(const Mac& mac, const UnknownPhone& phone) {
        return {phone.interest, phone.last_seen, mac};
    }
    std::optional<Mac> place_for(Interest interest, long long now) const;
    void write(const std::string& key, const UnknownPhone& phone);

    soci::session& database_;
    std::map<Mac, UnknownPhone> phones_;
    std::set<Rank> ranks_;
    std::set<Mac> unwritten_;
};

} // namespace plugtone
