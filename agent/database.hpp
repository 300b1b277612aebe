// Opening databases: an appliance's own, which is SQLite, and the one that a fleet shares, which is
// PostgreSQL (docs/database.md).
#pragma once

#include <string>
#include <string_view>

#include <soci/soci.h>

#include "core/base/result.hpp"

namespace plugtone {

// Full synchronisation; only the owner may read it. Throws std::exception, saying what to do.
void open_own_database(soci::session& database, const std::string& path);

// What is wrong with the database that open_own_database() opened last, and what to do, on one
// line.
std::string explain_own_database(const soci::soci_error& error);

// "postgresql://…" or "postgres://…"
bool is_fleet_url(std::string_view text);
// A password in it is refused: it would stand in every process list. libpq takes it from a file.
Done check_fleet_url(const std::string& url);
// Never waits long: for the connection, for an answer, for a peer that is gone. Throws
// soci::soci_error.
void open_fleet_database(soci::session& database, const std::string& url);
// For one who reads much and wants one moment of it.
void open_fleet_snapshot(soci::session& database, const std::string& url);

} // namespace plugtone
