#include "agent/override_rows.hpp"

#include "agent/sql_rows.hpp"

namespace plugtone {

OfferOverrides OverrideRows::all() {
    OfferOverrides overrides;
    each_row<3>(database_, "SELECT kind, whom, url FROM offer_override WHERE until IS NULL",
                [&](const std::array<std::string, 3>& row) {
                    const MacRange whom = MacRange::parse(row[1]).value(); // we wrote it
                    if (row[0] == of_redirect)
                        overrides.redirects.emplace(whom, row[2]);
                    else
                        overrides.device_urls.emplace(whom.first, row[2]);
                });
    return overrides;
}

std::string OverrideRows::url_of(const Mac& mac) {
    const std::string kind = of_device;
    const std::string whom = mac.text();
    std::string url;
    database_ << "SELECT url FROM offer_override WHERE kind = :kind AND whom = :whom AND until IS "
                 "NULL",
        soci::use(kind), soci::use(whom), soci::into(url);
    return database_.got_data() ? url : "";
}

std::vector<MacRange> OverrideRows::redirects_touched_by(Generation generation) {
    const std::string kind = of_redirect;
    const soci::rowset<std::string> rows =
        (database_.prepare << "SELECT DISTINCT whom FROM offer_override WHERE kind = :kind AND "
                              "(since = :a OR until = :b)",
         soci::use(kind), soci::use(generation), soci::use(generation));
    std::vector<MacRange> ranges;
    for (const std::string& whom : rows)
        ranges.push_back(MacRange::parse(whom).value()); // we wrote it
    return ranges;
}

void OverrideRows::set(Generation generation, const std::string& kind, const std::string& whom,
                       const std::string& url) {
    unset(generation, kind, whom);
    database_ << "INSERT INTO offer_override (kind, whom, url, since) VALUES (:kind, :whom, :url, "
                 ":since)",
        soci::use(kind), soci::use(whom), soci::use(url), soci::use(generation);
}

bool OverrideRows::unset(Generation generation, const std::string& kind, const std::string& whom) {
    soci::statement ends = (database_.prepare << "UPDATE offer_override SET until = :until WHERE "
                                                 "kind = :kind AND whom = :whom AND until IS NULL",
                            soci::use(generation), soci::use(kind), soci::use(whom));
    ends.execute(true);
    return ends.get_affected_rows() > 0;
}

void OverrideRows::set_redirect(Generation generation, const MacRange& range,
                                const std::string& url) {
    set(generation, of_redirect, range.text(), url);
}

bool OverrideRows::unset_redirect(Generation generation, const MacRange& range) {
    return unset(generation, of_redirect, range.text());
}

void OverrideRows::set_url(Generation generation, const Mac& mac, const std::string& url) {
    set(generation, of_device, mac.text(), url);
}

bool OverrideRows::unset_url(Generation generation, const Mac& mac) {
    return unset(generation, of_device, mac.text());
}

} // namespace plugtone
