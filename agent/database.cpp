#include "agent/database.hpp"

#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>

#include "core/base/fd.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr mode_t for_owner_only = 0600;
constexpr mode_t for_others = 0077;

// How long libpq and the server wait: a line that is down must be noticed before a person gives up.
// connect_timeout in seconds (2 is libpq's least), tcp_user_timeout, statement_timeout and
// lock_timeout in milliseconds.
constexpr std::string_view limits =
    "connect_timeout=3&keepalives_idle=5&keepalives_interval=2&keepalives_count=3"
    "&tcp_user_timeout=5000&application_name=plugtone-agent&client_encoding=UTF8"
    "&options=-c%20statement_timeout%3D10000%20-c%20lock_timeout%3D3000"
    "%20-c%20client_min_messages%3Dwarning%20-c%20idle_in_transaction_session_timeout%3D30000";

// SQLite itself would make the database readable for all, and gives its companions (-wal, -shm) the
// database's mode. Labels, addresses and the journal are not sealed. What cannot be made here
// cannot be opened by SQLite either, which says why.
void make_private(const std::string& path) {
    const Fd made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, for_owner_only));
    for (const char* suffix : {"", "-wal", "-shm"}) {
        const std::string name = path + suffix;
        struct stat status {};
        if (::stat(name.c_str(), &status) != 0 || (status.st_mode & for_others) == 0)
            continue;
        if (::chmod(name.c_str(), for_owner_only) != 0)
            throw std::runtime_error(name + ": others may read it, and its mode cannot be changed");
        log(Level::warning, "database-mode-tightened", {{"file", name}});
    }
}

// A process has one database of its own, and its errors do not say which.
std::string& own_path() {
    static std::string path;
    return path;
}

std::string advice_on(std::string_view message) {
    const auto says = [&](std::string_view word) {
        return message.find(word) != std::string_view::npos;
    };
    if (says("locked") || says("busy"))
        return "Another program has it locked: end who holds it";
    if (says("full"))
        return "Make room on its disk";
    if (says("malformed") || says("not a database") || says("no such table"))
        return "It is damaged: stop the agent and put a backup in its place (docs/database.md)";
    return "If it is locked, end who holds it; if it is damaged, put a backup in its place "
           "(docs/database.md)";
}

std::string unusable(const std::string& path, std::string_view message) {
    // SOCI's function, which tells an operator nothing.
    if (const std::size_t colon = message.find(": ");
        message.starts_with("sqlite3_") && colon != std::string_view::npos)
        message.remove_prefix(colon + 2);
    return path + ": the database cannot be used: " + printable(message) +
           "; what is served stays. " + advice_on(message);
}

// The user's own options win: libpq takes the last.
std::string with_limits(const std::string& url) {
    const std::size_t question = url.find('?');
    if (question == std::string::npos) {
        const std::size_t host = url.find("://") + 3;
        const bool has_path = url.find('/', host) != std::string::npos;
        return url + (has_path ? "?" : "/?") + std::string(limits);
    }
    return url.substr(0, question + 1) + std::string(limits) + "&" + url.substr(question + 1);
}

} // namespace

void open_own_database(soci::session& database, const std::string& path) {
    own_path() = path;
    make_private(path);
    try {
        database.open(soci::sqlite3, "dbname=\"" + path + "\" timeout=5");
        // Not in the line above: SOCI loses the connection's memory when that fails.
        database << "PRAGMA synchronous = FULL";
        database << "PRAGMA journal_mode = WAL";
        database << "PRAGMA foreign_keys = ON";
    } catch (const std::exception& error) {
        throw std::runtime_error(unusable(path, error.what()));
    }
}

std::string explain_own_database(const soci::soci_error& error) {
    return unusable(own_path(), error.get_error_message());
}

bool is_fleet_url(std::string_view text) {
    return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

Done check_fleet_url(const std::string& url) {
    const std::size_t host = url.find("://") + 3;
    const std::string authority = url.substr(host, url.find_first_of("/?", host) - host);
    const std::size_t at = authority.rfind('@');
    const bool in_authority =
        at != std::string::npos && authority.substr(0, at).find(':') != std::string::npos;
    if (in_authority || url.find("password=", host) != std::string::npos)
        return fail("database: want no password in the URL, where others can read it; put it into "
                    "a file and name that: postgresql://…?passfile=/etc/plugtone/pgpass");
    return {};
}

void open_fleet_database(soci::session& database, const std::string& url) {
    database.open(soci::postgresql, with_limits(url));
}

void open_fleet_snapshot(soci::session& database, const std::string& url) {
    open_fleet_database(database, url);
    database << "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ";
}

} // namespace plugtone
