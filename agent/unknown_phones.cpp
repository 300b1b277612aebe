#include "agent/unknown_phones.hpp"

#include <algorithm>

#include "agent/sql_rows.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

Interest interest_of(const std::string& number) {
    switch (parse_number<int>(number).value_or(0)) {
    case 2:
        return Interest::present;
    case 1:
        return Interest::recognised;
    default:
        return Interest::stranger;
    }
}

} // namespace

UnknownPhones::UnknownPhones(soci::session& database) : database_(database) {
    each_row<4>(database_,
                "SELECT mac, CAST(interest AS TEXT), CAST(first_seen AS TEXT), CAST(last_seen AS "
                "TEXT) FROM unknown_phone",
                [&](const std::array<std::string, 4>& row) {
                    const Mac mac = Mac::parse(row[0]).value(); // we wrote it
                    const UnknownPhone phone{interest_of(row[1]),
                                             parse_number<long long>(row[2]).value_or(0),
                                             parse_number<long long>(row[3]).value_or(0)};
                    phones_.emplace(mac, phone);
                    ranks_.insert(rank_of(mac, phone));
                });
}

// Whose place a newcomer may take.
std::optional<Mac> UnknownPhones::place_for(Interest interest, long long now) const {
    const auto& [lowest, last_seen, mac] = *ranks_.begin();
    const bool may =
        lowest < interest ||
        (lowest == interest && (lowest == Interest::stranger || now - last_seen > silent_s));
    return may ? std::optional(mac) : std::nullopt;
}

UnknownPhones::Seen UnknownPhones::see(const Mac& mac, Interest interest, long long now) {
    Seen seen{true, std::nullopt};
    UnknownPhone phone{interest, now, now};
    if (const auto found = phones_.find(mac); found != phones_.end()) {
        phone.first_seen = found->second.first_seen;
        phone.interest = std::max(interest, found->second.interest);
        ranks_.erase(rank_of(mac, found->second));
    } else if (phones_.size() >= phones_max) {
        seen.made_place = place_for(interest, now);
        if (!seen.made_place)
            return {};
        forget(*seen.made_place);
    }
    phones_[mac] = phone;
    unwritten_.insert(mac);
    ranks_.insert(rank_of(mac, phone));
    return seen;
}

void UnknownPhones::forget(const Mac& mac) {
    const auto found = phones_.find(mac);
    if (found == phones_.end())
        return;
    ranks_.erase(rank_of(mac, found->second));
    phones_.erase(found);
    unwritten_.insert(mac);
}

void UnknownPhones::forget_before(long long seen_before) {
    std::vector<Mac> gone;
    for (const auto& [mac, phone] : phones_)
        if (phone.last_seen < seen_before)
            gone.push_back(mac);
    for (const Mac& mac : gone)
        forget(mac);
}

void UnknownPhones::store() {
    for (const Mac& mac : unwritten_) {
        const std::string key = mac.text();
        if (const auto found = phones_.find(mac); found != phones_.end())
            write(key, found->second);
        else
            database_ << "DELETE FROM unknown_phone WHERE mac = :mac", soci::use(key);
    }
}

void UnknownPhones::write(const std::string& key, const UnknownPhone& phone) {
    const auto interest = static_cast<long long>(phone.interest);
    database_ << "INSERT INTO unknown_phone (mac, interest, first_seen, last_seen) VALUES (:mac, "
                 ":interest, :first_seen, :last_seen) ON CONFLICT (mac) DO UPDATE SET interest = "
                 "excluded.interest, first_seen = excluded.first_seen, last_seen = "
                 "excluded.last_seen",
        soci::use(key), soci::use(interest), soci::use(phone.first_seen),
        soci::use(phone.last_seen);
}

} // namespace plugtone
