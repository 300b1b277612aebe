// What happened on the wire, kept: the events of the hook and the file server, with the time they
// came. Bounded by rows and age (docs/journal.md); strangers' rows go first. One thread; throws
// soci::soci_error when the database fails.
#pragma once

#include <vector>

#include <soci/soci.h>

#include "core/base/mac.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

struct JournalEntry {
    long long time = 0; // seconds since 1970
    Event event;
    bool is_known = false; // of a device of the inventory: it did it, or it is its file
};

struct JournalLimits {
    long long rows_max = 100'000;
    long long age_max_s = 90LL * 24 * 3600;
};

class Journal {
public:
    // Rows that one trim() takes away at most, so that nobody waits for it long.
    static constexpr long long trim_step = 1000;

    // The table is the inventory's.
    explicit Journal(soci::session& database, JournalLimits limits = {});

    // Inside a transaction of the caller's: one for many entries, for each costs a flush of the
    // disk.
    void add(const std::vector<JournalEntry>& entries);
    // One step towards the limits, likewise; false: there is nothing to take away. What is too old
    // goes first, then strangers' oldest, then the oldest.
    bool trim(long long now);
    // Its rows are counted anew: a transaction that it worked in was rolled back.
    void recount();
    long long rows() const { return rows_; }

    // Of that device: what it did, and what others tried with its files. The newest ones, oldest
    // first.
    std::vector<JournalEntry> of(const Mac& mac, int count_max);

private:
    long long removed(const char* which, long long bound, long long count);

    soci::session& database_;
    JournalLimits limits_;
    long long last_id_ = 0; // may be ahead of the rows, after a rollback
    long long rows_ = 0;
};

} // namespace plugtone
