// What happened on the wire, kept: the events of the hook and the file server, with the time they
// came. Bounded; the oldest go first. One thread; throws soci::soci_error when the database fails.
#pragma once

#include <vector>

#include <soci/soci.h>

#include "core/base/mac.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

struct JournalEntry {
    long long time = 0; // seconds since 1970
    Event event;
};

class Journal {
public:
    static constexpr long long entries_max = 100'000;

    // The table is the inventory's.
    explicit Journal(soci::session& database);

    // Inside a transaction of the caller's: one for many entries, for each costs a flush of the
    // disk.
    void add(const JournalEntry& entry);
    // Of that device: what it did, and what others tried with its files. The newest ones, oldest
    // first.
    std::vector<JournalEntry> of(const Mac& mac, int count_max);

private:
    soci::session& database_;
    long long last_id_ = 0; // may be ahead of the rows, after a rollback
};

} // namespace plugtone
