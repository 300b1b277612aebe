#include "agent/journal.hpp"

#include <algorithm>

namespace plugtone {

namespace {

// The bound is enforced once in so many entries.
constexpr long long trim_interval = 1000;

} // namespace

Journal::Journal(soci::session& database) : database_(database) {
    database_ << "SELECT COALESCE(MAX(id), 0) FROM journal", soci::into(last_id_);
}

void Journal::add(const JournalEntry& entry) {
    const std::string mac(entry.event["MAC"]);
    const std::string owner(entry.event["OWNER"]);
    const std::string text = encode_event(entry.event);
    const long long id = ++last_id_;
    database_ << "INSERT INTO journal (id, time, mac, owner, event) VALUES (:id, :time, :mac, "
                 ":owner, :event)",
        soci::use(id), soci::use(entry.time), soci::use(mac), soci::use(owner), soci::use(text);
    if (id % trim_interval == 0) {
        const long long oldest = id - entries_max;
        database_ << "DELETE FROM journal WHERE id <= :oldest", soci::use(oldest);
    }
}

std::vector<JournalEntry> Journal::of(const Mac& mac, int count_max) {
    const std::string key = mac.text();
    const soci::rowset<soci::row> rows =
        (database_.prepare << "SELECT time, event FROM journal WHERE mac = :mac OR owner = :owner "
                              "ORDER BY id DESC LIMIT :count",
         soci::use(key), soci::use(key), soci::use(count_max));
    std::vector<JournalEntry> entries;
    for (const soci::row& row : rows)
        if (auto event = decode_event(as_bytes(row.get<std::string>(1))))
            entries.push_back({row.get<long long>(0), *std::move(event)});
    std::reverse(entries.begin(), entries.end());
    return entries;
}

} // namespace plugtone
