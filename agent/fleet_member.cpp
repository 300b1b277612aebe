#include "agent/fleet_member.hpp"

#include <algorithm>
#include <ctime>
#include <map>

#include "agent/database.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

// "device add 000b82123456 (north) and 2 more"
std::string description(const FleetUpdate& update) {
    if (update.what.empty())
        return "the fleet's inventory";
    std::string text = printable(update.what.back());
    if (update.what.size() > 1)
        text += " and " + std::to_string(update.what.size() - 1) + " more";
    return text;
}

std::set<RowKey> keys_of(const RowChanges& changes) {
    std::set<RowKey> keys;
    for (const RowChange& change : changes)
        keys.insert(change.key);
    return keys;
}

// The update in full: what it does not name is gone.
RowChanges with_removals(const FleetUpdate& update, const RowChanges& own) {
    RowChanges changes = update.changes;
    const std::set<RowKey> named = keys_of(changes);
    for (const RowChange& row : own)
        if (!named.contains(row.key))
            changes.push_back({row.key, std::nullopt});
    return changes;
}

// Without what we have already: of a change that we brought ourselves before a crash, say.
RowChanges without_known(const RowChanges& changes, const RowChanges& own) {
    std::map<RowKey, std::optional<std::vector<std::string>>> known;
    for (const RowChange& row : own)
        known.emplace(row.key, row.values);
    RowChanges news;
    for (const RowChange& change : changes) {
        const auto found = known.find(change.key);
        if (change.values != (found == known.end() ? std::nullopt : found->second))
            news.push_back(change);
    }
    return news;
}

// Devices that were added elsewhere: their passwords are new here. One that an undo brings back has
// one that was here before.
std::vector<Mac> arrivals(soci::session& database, const RowChanges& changes,
                          const RowChanges& own) {
    std::set<RowKey> here;
    for (const RowChange& row : own)
        if (row.values)
            here.insert(row.key);
    std::vector<Mac> macs;
    for (const RowChange& change : changes) {
        const std::string& mac = change.key.columns.front();
        if (!change.values || change.key != row_of_device(mac) || here.contains(change.key))
            continue;
        const std::string& password = change.values->back();
        int before = 0;
        database << "SELECT COUNT(*) FROM device WHERE mac = :mac AND password = :password",
            soci::use(mac), soci::use(password), soci::into(before);
        if (before == 0)
            macs.push_back(Mac::parse(mac).value()); // we wrote it
    }
    return macs;
}

bool are_of_every_site(const RowChanges& changes) {
    return std::all_of(changes.begin(), changes.end(),
                       [](const RowChange& change) { return change.key.is_of_every_site(); });
}

// The server may have gone and come back since it was last used; nothing was asked of it yet.
bool is_alive(soci::session& line) {
    try {
        int one = 0;
        line << "SELECT 1", soci::into(one);
        return one == 1;
    } catch (const soci::soci_error&) {
        return false;
    }
}

} // namespace

FleetMember::FleetMember(Settings settings, const SecretBox& box, Pipeline& pipeline)
    : settings_(std::move(settings)), box_(box), pipeline_(pipeline) {}

FleetMember::~FleetMember() {
    pipeline_.share_with(nullptr);
}

Done FleetMember::join() {
    auto follower = FleetFollower::start(settings_.url, box_, settings_.site,
                                         pipeline_.inventory().fleet_revision());
    if (!follower)
        return tl::unexpected(follower.error());
    follower_ = *std::move(follower);
    pipeline_.share_with(this);
    return {};
}

std::string FleetMember::state() const {
    const FleetHealth health = follower_->health();
    if (!health.connected)
        return "not reached: " + health.problem;
    return "connected, revision " + std::to_string(pipeline_.inventory().fleet_revision());
}

std::string FleetMember::problem() const {
    const FleetHealth health = follower_->health();
    if (!health.connected)
        return "the fleet's database is not reached, nothing can be changed here until it is: " +
               health.problem;
    return failure_;
}

Done FleetMember::may_change() {
    if (taking_over_)
        return {};
    if (const FleetHealth health = follower_->health(); !health.connected)
        return fail(ErrorKind::io,
                    "the fleet's database is not reached, so nothing has changed; phones are "
                    "served as before; try again when the line is back: " +
                        health.problem);
    if (!failure_.empty())
        return fail(ErrorKind::conflict, failure_);
    return {};
}

// On a line of the loop's own, with the limits of open_fleet_database().
Result<Revision> FleetMember::send(Revision known, const GenerationRecord& record,
                                   const RowChanges& changes) {
    try {
        if (line_ && !is_alive(*line_))
            line_.reset();
        if (!line_) {
            line_ = std::make_unique<soci::session>();
            open_fleet_database(*line_, settings_.url);
        }
        return Fleet(*line_, box_, settings_.site).bring(known, record, changes);
    } catch (const std::exception& error) {
        line_.reset();
        return fail(ErrorKind::io,
                    "the fleet's database did not take the change, so nothing has changed here; if "
                    "it did take it, that will show when the line is back: " +
                        printable(error.what()));
    }
}

Done FleetMember::bring(const GenerationRecord& record, const RowChanges& changes) {
    if (taking_over_)
        return {};
    Inventory& inventory = pipeline_.inventory();
    const auto revision = send(inventory.fleet_revision(), record, changes);
    if (!revision)
        return tl::unexpected(revision.error());
    inventory.follow_fleet(*revision);
    return {};
}

// The site's first appliance, or the first in an empty database. What the fleet has of classes
// stands.
Result<Revision> FleetMember::bring_everything(const FleetUpdate& update, const RowChanges& own) {
    const std::set<RowKey> named = keys_of(update.changes);
    RowChanges missing;
    for (const RowChange& row : own)
        if (!named.contains(row.key))
            missing.push_back(row);
    const GenerationRecord joins{0, std::time(nullptr), "site " + settings_.site + " joins"};
    return missing.empty() ? update.to : send(update.to, joins, missing);
}

Done FleetMember::take_over(const FleetUpdate& update) {
    Inventory& inventory = pipeline_.inventory();
    if (update.from != inventory.fleet_revision())
        return {}; // we brought something meanwhile; it is asked for again
    const bool is_whole = update.is_everything || update.from == 0;
    const RowChanges own = is_whole ? all_rows(inventory.database(), own_site)
                                    : current_rows(inventory.database(), keys_of(update.changes));
    Revision revision = update.to;
    RowChanges changes = update.changes;
    if (is_whole && update.is_of_new_site) {
        const auto brought = bring_everything(update, own);
        if (!brought)
            return tl::unexpected(brought.error());
        revision = *brought;
    } else if (is_whole) {
        changes = with_removals(update, own);
    }
    changes = without_known(changes, own);
    // Of what only we have, nothing may be lost unseen.
    if (update.from == 0 && !update.is_of_new_site && !own.empty() && !are_of_every_site(changes))
        return fail(ErrorKind::conflict,
                    "the fleet has a site '" + settings_.site +
                        "' already, and this appliance an inventory of its own: give it another "
                        "'site', or begin with an empty database (docs/database.md)");
    if (changes.empty()) {
        inventory.follow_fleet(revision);
        return {};
    }
    // Of a whole site nobody knows which devices have their passwords.
    const std::vector<Mac> arrived =
        is_whole ? std::vector<Mac>() : arrivals(inventory.database(), changes, own);
    return pipeline_.adopt(description(update), update.from != 0, changes, [&] {
        inventory.follow_fleet(revision);
        inventory.await(arrived, std::time(nullptr));
    });
}

void FleetMember::take() {
    const auto update = follower_->take();
    if (const FleetHealth health = follower_->health();
        std::exchange(was_connected_, health.connected) != health.connected)
        log(health.connected ? Level::info : Level::error,
            health.connected ? "fleet-reached" : "fleet-not-reached", {{"why", health.problem}});
    if (!update)
        return;
    taking_over_ = true;
    std::string failure;
    try {
        if (const Done done = take_over(*update); !done)
            failure = done.error().message;
    } catch (const std::exception& error) {
        failure = error.what();
    }
    taking_over_ = false;
    if (!failure.empty() && failure != failure_)
        log(Level::error, "fleet-change-not-taken", {{"why", failure}});
    failure_ = failure.empty() ? "" : "the fleet's change is not taken over here: " + failure;
    follower_->go_on(pipeline_.inventory().fleet_revision(), failure_.empty());
}

} // namespace plugtone
