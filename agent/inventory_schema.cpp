#include "agent/inventory_schema.hpp"

#include <array>
#include <span>
#include <stdexcept>

namespace plugtone {

namespace {

// One text for SQLite and PostgreSQL: see docs/database.md before adding a step.

// A row holds from generation "since" up to, not including, "until"; until is null while it holds.
constexpr auto schema_1 = std::to_array<const char*>({
    "CREATE TABLE device (mac TEXT NOT NULL, class TEXT NOT NULL, label TEXT NOT NULL, "
    "password TEXT NOT NULL, since BIGINT NOT NULL, until BIGINT)",
    "CREATE UNIQUE INDEX device_now ON device (mac) WHERE until IS NULL",
    "CREATE TABLE device_parameter (mac TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, "
    "since BIGINT NOT NULL, until BIGINT)",
    "CREATE UNIQUE INDEX device_parameter_now ON device_parameter (mac, name) WHERE until IS NULL",
    "CREATE TABLE site_parameter (name TEXT NOT NULL, value TEXT NOT NULL, public INTEGER NOT "
    "NULL, since BIGINT NOT NULL, until BIGINT)",
    "CREATE UNIQUE INDEX site_parameter_now ON site_parameter (name) WHERE until IS NULL",
    "CREATE TABLE generation (number BIGINT PRIMARY KEY, made BIGINT NOT NULL, what TEXT NOT "
    "NULL, by_operator INTEGER NOT NULL, taken_back INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE journal (id INTEGER PRIMARY KEY, time BIGINT NOT NULL, "
    "mac TEXT NOT NULL, owner TEXT NOT NULL, event TEXT NOT NULL)",
    "CREATE INDEX journal_mac ON journal (mac, id)",
    "CREATE INDEX journal_owner ON journal (owner, id)",
    "CREATE TABLE device_state (mac TEXT PRIMARY KEY, state TEXT NOT NULL, address TEXT NOT NULL, "
    "vendor_class TEXT NOT NULL, last_seen BIGINT NOT NULL)",
});

// The site's settings and the classes' are in one table; the owner '' is the site.
constexpr auto schema_2 = std::to_array<const char*>({
    "CREATE TABLE shared_parameter (owner TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, "
    "public INTEGER NOT NULL, since BIGINT NOT NULL, until BIGINT)",
    "INSERT INTO shared_parameter SELECT '', name, value, public, since, until FROM site_parameter",
    "DROP TABLE site_parameter",
    "CREATE UNIQUE INDEX shared_parameter_now ON shared_parameter (owner, name) WHERE until IS "
    "NULL",
    "CREATE TABLE vendor_file (mac TEXT NOT NULL, content TEXT NOT NULL, since BIGINT NOT NULL, "
    "until BIGINT)",
    "CREATE UNIQUE INDEX vendor_file_now ON vendor_file (mac) WHERE until IS NULL",
    "CREATE TABLE told_shelf (id INTEGER PRIMARY KEY, mac TEXT NOT NULL, folder TEXT "
    "NOT NULL)",
    "CREATE UNIQUE INDEX told_shelf_once ON told_shelf (mac, folder)",
    // For take_back() and touched_by(), which look for one generation among all that ever was.
    "CREATE INDEX device_since ON device (since)",
    "CREATE INDEX device_until ON device (until)",
    "CREATE INDEX device_parameter_since ON device_parameter (since)",
    "CREATE INDEX device_parameter_until ON device_parameter (until)",
});

// kind: "redirect" or "device"; whom: a MAC range or a MAC.
constexpr auto schema_3 = std::to_array<const char*>({
    "CREATE TABLE offer_override (kind TEXT NOT NULL, whom TEXT NOT NULL, url TEXT NOT NULL, "
    "since BIGINT NOT NULL, until BIGINT)",
    "CREATE UNIQUE INDEX offer_override_now ON offer_override (kind, whom) WHERE until IS NULL",
    // What a class may recognise a device by, besides option 60; kea_classes: a line each.
    "ALTER TABLE device_state ADD COLUMN user_class TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device_state ADD COLUMN host_name TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device_state ADD COLUMN kea_classes TEXT NOT NULL DEFAULT ''",
});

// Firmware: what was imported, who is pinned to what (kind: "device" or "class"; whom: a MAC or a
// class's name), what phones report, and rollouts. Rollouts move on without an operator: their rows
// have no since and until, and no undo takes them back.
constexpr auto schema_4 = std::to_array<const char*>({
    "CREATE TABLE firmware (id BIGINT PRIMARY KEY, model TEXT NOT NULL, version TEXT NOT NULL, "
    "prefix TEXT NOT NULL, postfix TEXT NOT NULL, imported BIGINT NOT NULL, state TEXT NOT NULL)",
    "CREATE TABLE firmware_file (firmware BIGINT NOT NULL, name TEXT NOT NULL, size BIGINT NOT "
    "NULL, sha256 TEXT NOT NULL, PRIMARY KEY (firmware, name))",
    "CREATE TABLE firmware_pin (kind TEXT NOT NULL, whom TEXT NOT NULL, firmware BIGINT NOT NULL, "
    "since BIGINT NOT NULL, until BIGINT)",
    "CREATE UNIQUE INDEX firmware_pin_now ON firmware_pin (kind, whom) WHERE until IS NULL",
    "CREATE TABLE device_version (mac TEXT PRIMARY KEY, model TEXT NOT NULL, version TEXT NOT "
    "NULL, seen BIGINT NOT NULL)",
    "CREATE TABLE rollout (id BIGINT PRIMARY KEY, firmware BIGINT NOT NULL, stones TEXT NOT NULL, "
    "class TEXT NOT NULL, rings TEXT NOT NULL, quiet_hours TEXT NOT NULL, downloads_max BIGINT NOT "
    "NULL, hearing_max BIGINT NOT NULL, started BIGINT NOT NULL, state TEXT NOT NULL, reason TEXT "
    "NOT NULL, ring BIGINT NOT NULL, ring_since BIGINT NOT NULL)",
    "CREATE TABLE rollout_member (rollout BIGINT NOT NULL, mac TEXT NOT NULL, place BIGINT NOT "
    "NULL, ring BIGINT NOT NULL, state TEXT NOT NULL, firmware BIGINT NOT NULL, settled BIGINT NOT "
    "NULL, generation BIGINT NOT NULL, since BIGINT NOT NULL, asked BIGINT NOT NULL, loaded BIGINT "
    "NOT NULL, broken BIGINT NOT NULL, version TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY "
    "(rollout, mac))",
    "CREATE INDEX rollout_member_mac ON rollout_member (mac)",
});

// Many sites' rows in one database (docs/database.md): whose each is. In an appliance's own
// database site is empty everywhere, and revision is how far it has followed the fleet.
constexpr auto schema_5 = std::to_array<const char*>({
    "ALTER TABLE device ADD COLUMN site TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device_parameter ADD COLUMN site TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE vendor_file ADD COLUMN site TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE shared_parameter ADD COLUMN site TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE offer_override ADD COLUMN site TEXT NOT NULL DEFAULT ''",
    "DROP INDEX shared_parameter_now",
    "CREATE UNIQUE INDEX shared_parameter_now ON shared_parameter (site, owner, name) WHERE until "
    "IS NULL",
    "DROP INDEX offer_override_now",
    "CREATE UNIQUE INDEX offer_override_now ON offer_override (site, kind, whom) WHERE until IS "
    "NULL",
    "CREATE INDEX device_site ON device (site)",
    "CREATE TABLE fleet (revision BIGINT NOT NULL, key_check TEXT NOT NULL)",
    "INSERT INTO fleet (revision, key_check) VALUES (0, '')",
    "CREATE TABLE fleet_change (revision BIGINT PRIMARY KEY, site TEXT NOT NULL, made BIGINT NOT "
    "NULL, what TEXT NOT NULL)",
});

// The states of docs/journal.md, in place of fewer; whose a row of the journal is; schedules.
constexpr auto schema_6 = std::to_array<const char*>({
    "ALTER TABLE device_state ADD COLUMN since BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE device_state ADD COLUMN stuck_since BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE device_state ADD COLUMN why TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device_state ADD COLUMN fetched TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device_state ADD COLUMN fetched_at BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE device_state ADD COLUMN fetches BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE device_state ADD COLUMN missing TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device_state ADD COLUMN hint TEXT NOT NULL DEFAULT ''",
    // What was not noted then is not known now: they were seen.
    "UPDATE device_state SET state = CASE state WHEN 'waiting' THEN 'unseen' ELSE 'seen' END, "
    "since = last_seen",
    "ALTER TABLE journal ADD COLUMN known BIGINT NOT NULL DEFAULT 1",
    "CREATE INDEX journal_known ON journal (known, id)",
    "CREATE INDEX journal_time ON journal (time)",
    // A device's place in its class's schedule, kept for good: an undo brings back the same file.
    "CREATE TABLE poll_slot (mac TEXT NOT NULL, class TEXT NOT NULL, slot BIGINT NOT NULL, PRIMARY "
    "KEY (mac, class))",
    "CREATE UNIQUE INDEX poll_slot_once ON poll_slot (class, slot)",
});

// How devices come in. Plain rows: what a device has proven, and what was tried, no undo takes
// back. Devices of before know their password: they have no window.
constexpr auto schema_7 = std::to_array<const char*>({
    "CREATE TABLE bootstrap_window (mac TEXT PRIMARY KEY, step TEXT NOT NULL, opened BIGINT NOT "
    "NULL)",
    "CREATE TABLE password_rotation (mac TEXT PRIMARY KEY, number BIGINT NOT NULL, prefix TEXT NOT "
    "NULL, postfix TEXT NOT NULL, password TEXT NOT NULL, started BIGINT NOT NULL)",
    // Of the phones that were remembered before there was a queue, the newest.
    "CREATE TABLE unknown_phone (mac TEXT PRIMARY KEY, interest BIGINT NOT NULL, first_seen BIGINT "
    "NOT NULL, last_seen BIGINT NOT NULL)",
    "INSERT INTO unknown_phone SELECT mac, 1, last_seen, last_seen FROM device_state WHERE mac NOT "
    "IN (SELECT mac FROM device WHERE until IS NULL) ORDER BY last_seen DESC LIMIT 1000",
    // Of a PIN, its keyed hash.
    "CREATE TABLE pin (number BIGINT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, label TEXT NOT NULL, "
    "class TEXT NOT NULL, settings TEXT NOT NULL, issued BIGINT NOT NULL, expires BIGINT NOT NULL, "
    "state TEXT NOT NULL, mac TEXT NOT NULL)",
    "CREATE TABLE pin_throttle (whom TEXT PRIMARY KEY, wrong BIGINT NOT NULL, last_wrong BIGINT "
    "NOT NULL, locked_until BIGINT NOT NULL)",
    "CREATE TABLE sealed_key (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
});

// What a start need not compose anew (composed_rows.hpp).
constexpr auto schema_8 = std::to_array<const char*>({
    "CREATE TABLE composed (generation TEXT NOT NULL, circumstances TEXT NOT NULL)",
    "CREATE TABLE look_again (mac TEXT PRIMARY KEY)",
});

// Step n leads from schema n to schema n + 1.
constexpr auto schema_steps = std::to_array<std::span<const char* const>>(
    {schema_1, schema_2, schema_3, schema_4, schema_5, schema_6, schema_7, schema_8});
constexpr long long schema_version = static_cast<long long>(schema_steps.size());

// Until schema 4 the version stood where only SQLite has a place for it. An older release looks
// there still, and has to see that it cannot read this.
constexpr int moved_version = 1'000'000;

long long version_of_older_release(soci::session& database) {
    long long version = 0;
    if (database.get_backend_name() == "sqlite3") {
        database << "PRAGMA user_version", soci::into(version);
        database << "PRAGMA user_version = " << moved_version;
    }
    return version == moved_version ? 0 : version;
}

} // namespace

void bring_schema_up_to_date(soci::session& database, const std::string& name) {
    soci::transaction transaction(database);
    database << "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)";
    long long version = 0;
    database << "SELECT version FROM schema_version", soci::into(version);
    if (!database.got_data()) {
        version = version_of_older_release(database);
        database << "INSERT INTO schema_version (version) VALUES (:version)", soci::use(version);
    }
    if (version > schema_version)
        throw std::runtime_error(name + ": made by a newer release (schema " +
                                 std::to_string(version) + ", this one knows " +
                                 std::to_string(schema_version) + ")");
    if (version < schema_version) {
        for (const auto& step : std::span(schema_steps).subspan(static_cast<std::size_t>(version)))
            for (const char* statement : step)
                database << statement;
        database << "UPDATE schema_version SET version = :version", soci::use(schema_version);
    }
    transaction.commit();
}

} // namespace plugtone
