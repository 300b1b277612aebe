#include "agent/journal.hpp"

#include <algorithm>
#include <string>

namespace plugtone {

namespace {

// Which rows go, the oldest of them first.
constexpr const char* too_old = "time < :bound";
constexpr const char* of_strangers = "known = :bound";
constexpr const char* any = "id > :bound";

} // namespace

Journal::Journal(soci::session& database, JournalLimits limits)
    : database_(database), limits_(limits) {
    database_ << "SELECT COALESCE(MAX(id), 0) FROM journal", soci::into(last_id_);
    recount();
}

void Journal::recount() {
    database_ << "SELECT COUNT(*) FROM journal", soci::into(rows_);
}

void Journal::add(const std::vector<JournalEntry>& entries) {
    long long time = 0, known = 0;
    std::string mac, owner, text;
    soci::statement insert =
        (database_.prepare << "INSERT INTO journal (id, time, mac, owner, event, known) VALUES "
                              "(:id, :time, :mac, :owner, :event, :known)",
         soci::use(last_id_), soci::use(time), soci::use(mac), soci::use(owner), soci::use(text),
         soci::use(known));
    for (const JournalEntry& entry : entries) {
        ++last_id_;
        time = entry.time;
        mac = entry.event["MAC"];
        owner = entry.event["OWNER"];
        text = encode_event(entry.event);
        known = entry.is_known ? 1 : 0;
        insert.execute(true);
    }
    rows_ += static_cast<long long>(entries.size());
}

long long Journal::removed(const char* which, long long bound, long long count) {
    const std::string text = "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE " +
                             std::string(which) + " ORDER BY id LIMIT :count)";
    soci::statement remove = (database_.prepare << text, soci::use(bound), soci::use(count));
    remove.execute(true);
    const long long rows = remove.get_affected_rows();
    rows_ -= rows;
    return rows;
}

bool Journal::trim(long long now) {
    if (removed(too_old, now - limits_.age_max_s, trim_step) > 0)
        return true;
    const long long excess = std::min(rows_ - limits_.rows_max, trim_step);
    if (excess <= 0)
        return false;
    const long long strangers = removed(of_strangers, 0, excess);
    if (strangers < excess)
        removed(any, 0, excess - strangers);
    return true;
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
            entries.push_back({row.get<long long>(0), *std::move(event), true});
    std::reverse(entries.begin(), entries.end());
    return entries;
}

} // namespace plugtone
