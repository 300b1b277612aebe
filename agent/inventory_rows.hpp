// The inventory's rows as plain keys and values, whatever table they are of: for what follows them
// from one database to another. Values stay sealed. One text for SQLite and PostgreSQL. One thread
// a session; throws soci::soci_error when the database fails.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <soci/soci.h>

#include "agent/generation.hpp"

namespace plugtone {

// A table whose rows have a since and an until; of each key at most one row has no until.
struct InventoryTable {
    const char* name = "";
    std::size_t key_size = 0; // the first columns
    std::size_t size = 0;
    std::array<const char*, 5> columns = {};

    std::span<const char* const> key() const { return std::span(columns).first(key_size); }
    std::span<const char* const> all() const { return std::span(columns).first(size); }
    std::span<const char* const> values() const { return all().subspan(key_size); }
    bool is_of_devices() const; // its first column is a MAC
};

std::span<const InventoryTable> inventory_tables();

struct RowKey {
    std::size_t table = 0; // of inventory_tables()
    std::vector<std::string> columns;

    auto operator<=>(const RowKey&) const = default;
    // The settings of a class are the fleet's, all else is one site's.
    bool is_of_every_site() const;
};

// The device itself, with its class, label and password.
RowKey row_of_device(const std::string& mac);

struct RowChange {
    RowKey key;
    std::optional<std::vector<std::string>> values; // nothing: it is gone

    bool operator==(const RowChange&) const = default;
};
using RowChanges = std::vector<RowChange>;

// Which devices' files, and whether all of them; redirections are in those of these devices.
Scope scope_of(const RowChanges& changes, std::span<const Mac> devices);

// In an appliance's own database every row is of one site, which has no name there.
inline const std::string own_site;

// What generation "number" made or closed.
std::set<RowKey> touched_rows(soci::session& database, Generation number);
// What these keys have now.
RowChanges current_rows(soci::session& database, const std::set<RowKey>& keys);
// All that holds now.
RowChanges all_rows(soci::session& database, const std::string& site);
// What a site (and every site) has by now of all that changed after generation "after".
RowChanges rows_changed(soci::session& database, const std::string& site, Generation after);
// Inside a transaction of the caller's.
void apply_rows(soci::session& database, const std::string& site, Generation generation,
                const RowChanges& changes);
// Of the devices that these changes add or change, those that another site has: "MAC SITE".
std::vector<std::string> rows_elsewhere(soci::session& database, const std::string& site,
                                        const RowChanges& changes);

} // namespace plugtone
