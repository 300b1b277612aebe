#include "agent/poll_slots.hpp"

#include <algorithm>

#include "agent/sql_rows.hpp"
#include "core/base/text.hpp"

namespace plugtone {

PollSlots::PollSlots(soci::session& database, bool all) : database_(database), has_all_(all) {
    if (!all)
        return;
    each_row<3>(database_, "SELECT class, mac, CAST(slot AS TEXT) FROM poll_slot",
                [&](const std::array<std::string, 3>& row) {
                    const auto mac = Mac::parse(row[1]);
                    const auto slot = parse_number<std::uint64_t>(row[2]);
                    if (!mac || !slot)
                        return;
                    slots_[row[0]][*mac] = *slot;
                    next_[row[0]] = std::max(next_[row[0]], *slot + 1);
                });
}

std::optional<std::uint64_t> PollSlots::find(const Mac& mac, const std::string& class_name) {
    if (const auto known = slots_[class_name].find(mac); known != slots_[class_name].end())
        return known->second;
    if (has_all_)
        return std::nullopt;
    const std::string key = mac.text();
    long long slot = 0;
    database_ << "SELECT slot FROM poll_slot WHERE mac = :mac AND class = :class", soci::use(key),
        soci::use(class_name), soci::into(slot);
    if (!database_.got_data())
        return std::nullopt;
    return slots_[class_name][mac] = static_cast<std::uint64_t>(slot);
}

std::uint64_t PollSlots::of(const Mac& mac, const std::string& class_name) {
    if (const auto known = find(mac, class_name))
        return *known;
    if (!has_all_ && !next_.contains(class_name)) {
        long long next = 0;
        database_ << "SELECT COALESCE(MAX(slot) + 1, 0) FROM poll_slot WHERE class = :class",
            soci::use(class_name), soci::into(next);
        next_[class_name] = static_cast<std::uint64_t>(next);
    }
    const std::uint64_t slot = next_[class_name]++;
    const std::string key = mac.text();
    const auto number = static_cast<long long>(slot);
    database_ << "INSERT INTO poll_slot (mac, class, slot) VALUES (:mac, :class, :slot)",
        soci::use(key), soci::use(class_name), soci::use(number);
    slots_[class_name][mac] = slot;
    return slot;
}

} // namespace plugtone
