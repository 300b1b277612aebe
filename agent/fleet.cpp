#include "agent/fleet.hpp"

#include <algorithm>

#include "agent/inventory_schema.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

// What the first appliance seals, and every other must be able to open.
constexpr std::string_view key_text = "plugtone fleet";

constexpr std::size_t site_name_size_max = 64;

} // namespace

Done check_site_name(std::string_view name) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    if (!name.empty() && name.size() <= site_name_size_max &&
        std::all_of(name.begin(), name.end(), is_plain))
        return {};
    return fail(
        "site: want the name of this branch in the fleet, 1 to 64 letters, digits, '-', '_' "
        "and '.', got '" +
        printable(name) + "'");
}

Fleet::Fleet(soci::session& database, const SecretBox& box, std::string site)
    : database_(database), box_(box), site_(std::move(site)) {
    bring_schema_up_to_date(database_, "the fleet's database");
}

Done Fleet::check_key() {
    std::string sealed;
    database_ << "SELECT key_check FROM fleet", soci::into(sealed);
    if (sealed.empty()) {
        const auto made = box_.seal(key_text, key_text);
        if (!made)
            return tl::unexpected(made.error());
        const std::string text = to_hex(*made);
        database_ << "UPDATE fleet SET key_check = :text WHERE key_check = ''", soci::use(text);
        database_ << "SELECT key_check FROM fleet", soci::into(sealed); // two may be the first
    }
    const auto bytes = from_hex(sealed);
    const auto opened = bytes ? box_.open(*bytes, key_text) : Result<Secret>(fail("no hex"));
    if (!opened || opened->reveal() != key_text)
        return fail(ErrorKind::refused,
                    "the fleet's secrets are sealed under another master key than this "
                    "appliance's; give it the fleet's master key");
    return {};
}

Revision Fleet::revision() {
    Revision revision = 0;
    database_ << "SELECT revision FROM fleet", soci::into(revision);
    return revision;
}

bool Fleet::knows_site() {
    long long count = 0;
    database_ << "SELECT COUNT(*) FROM fleet_change WHERE site = :site", soci::use(site_),
        soci::into(count);
    return count > 0;
}

std::vector<std::string> Fleet::changes_after(Revision from) {
    const soci::rowset<std::string> rows =
        (database_.prepare << "SELECT what FROM fleet_change WHERE revision > :from AND (site = "
                              ":site OR site = '') ORDER BY revision",
         soci::use(from), soci::use(site_));
    return {rows.begin(), rows.end()};
}

FleetUpdate Fleet::since(Revision from) {
    FleetUpdate update;
    update.from = from;
    update.to = revision();
    update.is_of_new_site = !knows_site();
    if (update.to == from)
        return update;
    // The database may be an earlier one, from a backup.
    update.is_everything = from == 0 || update.to < from;
    if (update.is_everything) {
        update.changes = all_rows(database_, site_);
        update.what = {"everything of the fleet"};
        return update;
    }
    update.what = changes_after(from);
    if (!update.what.empty())
        update.changes = rows_changed(database_, site_, from);
    return update;
}

Done Fleet::check_known(Revision known) {
    const std::vector<std::string> missed = changes_after(known);
    if (missed.empty())
        return {};
    return fail(ErrorKind::conflict, "the fleet's inventory has changed meanwhile (" +
                                         printable(missed.back()) +
                                         "), which is being taken over; try again");
}

Result<Revision> Fleet::bring(Revision known, const GenerationRecord& record,
                              const RowChanges& changes) {
    soci::transaction transaction(database_); // rolls back unless committed
    // First of all: whoever else wants to bring something waits here.
    database_ << "UPDATE fleet SET revision = revision + 1";
    const Revision number = revision();
    if (number <= known)
        return fail(ErrorKind::conflict,
                    "the fleet's database is older than what this appliance has seen of it; it is "
                    "being taken over as it is; try again");
    if (auto good = check_known(known); !good)
        return tl::unexpected(good.error());
    if (const auto others = rows_elsewhere(database_, site_, changes); !others.empty())
        return fail(ErrorKind::conflict,
                    "device " + others.front().substr(0, 12) + " belongs to site '" +
                        printable(others.front().substr(13)) + "'; remove it there first");
    apply_rows(database_, site_, number, changes);
    bool of_every_site = false;
    for (const RowChange& change : changes)
        of_every_site = of_every_site || change.key.is_of_every_site();
    const std::string whose = of_every_site ? "" : site_;
    const std::string what = record.what + " (" + site_ + ")";
    database_ << "INSERT INTO fleet_change (revision, site, made, what) VALUES (:revision, :site, "
                 ":made, :what)",
        soci::use(number), soci::use(whose), soci::use(record.made), soci::use(what);
    if (database_.get_backend_name() == "postgresql")
        database_ << "NOTIFY " << channel;
    transaction.commit();
    return number;
}

} // namespace plugtone
