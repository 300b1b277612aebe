#include "agent/database.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/unit/agent/postgres_server.hpp"
#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using testing::HasSubstr;
using testing::Not;

mode_t mode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
}

TEST(OwnDatabase, IsMadeForItsOwner) {
    const test::TempFolder folder;
    soci::session database;
    open_own_database(database, folder.path("db"));
    EXPECT_EQ(mode_of(folder.path("db")), 0600U);
}

TEST(OwnDatabase, OneThatOthersMayReadIsTightened) {
    const test::TempFolder folder;
    for (const char* name : {"db", "db-wal"}) {
        folder.write(name, "");
        ASSERT_EQ(::chmod(folder.path(name).c_str(), 0644), 0);
    }
    soci::session database;
    testing::internal::CaptureStderr();
    open_own_database(database, folder.path("db"));
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("database-mode-tightened"));
    EXPECT_EQ(mode_of(folder.path("db")), 0600U);
    database << "CREATE TABLE t (x INTEGER)";
    EXPECT_EQ(mode_of(folder.path("db-wal")), 0600U);
}

TEST(OwnDatabase, WaitsForTheDiskAtEachCommit) {
    const test::TempFolder folder;
    soci::session database;
    open_own_database(database, folder.path("db"));
    int synchronous = 0;
    database << "PRAGMA synchronous", soci::into(synchronous);
    EXPECT_EQ(synchronous, 2) << "full";
}

TEST(OwnDatabase, SaysWhatToDoAboutADamagedOne) {
    const test::TempFolder folder;
    folder.write("db", std::string(8192, 'x'));
    soci::session database;
    try {
        open_own_database(database, folder.path("db"));
        FAIL() << "it was taken";
    } catch (const std::exception& error) {
        EXPECT_THAT(error.what(), HasSubstr(folder.path("db")));
        EXPECT_THAT(error.what(), HasSubstr("backup"));
    }
}

TEST(OwnDatabase, ExplainsWhatGoesWrongLaterWithItsFileAndWhatToDo) {
    const test::TempFolder folder;
    soci::session database;
    open_own_database(database, folder.path("db"));
    const std::vector<std::pair<std::string, std::string>> advised = {
        {"sqlite3_statement_backend::loadOne: database is locked", "end who holds it"},
        {"sqlite3_statement_backend::loadOne: database or disk is full", "Make room on its disk"},
        {"database disk image is malformed", "put a backup in its place (docs/database.md)"},
        {"disk I/O error", "If it is locked"}};
    for (const auto& [message, advice] : advised) {
        const std::string text = explain_own_database(soci::soci_error(message));
        EXPECT_THAT(text, testing::StartsWith(folder.path("db") + ": the database cannot be used"));
        EXPECT_THAT(text, HasSubstr(message.substr(message.find(": ") + 1)));
        EXPECT_THAT(text, Not(HasSubstr("sqlite3_")));
        EXPECT_THAT(text, HasSubstr("what is served stays"));
        EXPECT_THAT(text, HasSubstr(advice));
    }
}

TEST(OwnDatabase, AnErrorsStatementAndItsValuesAreNotShown) {
    const test::TempFolder folder;
    soci::session database;
    open_own_database(database, folder.path("db"));
    database << "CREATE TABLE t (x TEXT UNIQUE)";
    const std::string value = "s3cret";
    database << "INSERT INTO t VALUES (:x)", soci::use(value);
    try {
        database << "INSERT INTO t VALUES (:x)", soci::use(value);
        FAIL() << "it was taken";
    } catch (const soci::soci_error& error) {
        EXPECT_THAT(error.what(), HasSubstr(value));
        EXPECT_THAT(explain_own_database(error), Not(HasSubstr(value)));
    }
}

TEST(FleetUrl, IsToldFromAFile) {
    EXPECT_TRUE(is_fleet_url("postgresql://db.example.net/fleet"));
    EXPECT_TRUE(is_fleet_url("postgres://db.example.net/fleet"));
    EXPECT_FALSE(is_fleet_url("/var/lib/plugtone/plugtone.db"));
    EXPECT_FALSE(is_fleet_url("postgresql"));
}

TEST(FleetUrl, MayHoldNoPassword) {
    for (const char* good : {"postgresql://db.example.net/fleet",
                             "postgresql://plugtone@db.example.net:5433/fleet?sslmode=verify-full",
                             "postgresql:///fleet?host=/run/postgresql&passfile=/etc/plugtone/x"})
        EXPECT_TRUE(check_fleet_url(good)) << good;
    for (const char* bad : {"postgresql://plugtone:hunter2@db.example.net/fleet",
                            "postgresql://db.example.net/fleet?password=hunter2",
                            "postgresql://db.example.net?user=a&password=hunter2"}) {
        const Done refused = check_fleet_url(bad);
        ASSERT_FALSE(refused) << bad;
        EXPECT_THAT(refused.error().message, HasSubstr("passfile="));
        EXPECT_THAT(refused.error().message, Not(HasSubstr("hunter2")));
    }
}

TEST(FleetDatabase, IsNeverWaitedForLong) {
    auto& server = test::PostgresServer::of_this_process();
    soci::session database;
    // The options that the test's own URL has would stand in for ours.
    const std::string url = server.url("postgres");
    open_fleet_database(database, url.substr(0, url.find("&options")));
    for (const char* limit :
         {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"}) {
        std::string value;
        database << "SHOW " << limit, soci::into(value);
        EXPECT_NE(value, "0") << limit;
    }
}

TEST(FleetDatabase, OneMomentIsSeenInASnapshot) {
    auto& server = test::PostgresServer::of_this_process();
    server.make();
    soci::session writer, reader;
    open_fleet_database(writer, server.url());
    open_fleet_snapshot(reader, server.url());
    writer << "CREATE TABLE t (x BIGINT)";
    const auto count = [&] {
        int found = 0;
        reader << "SELECT COUNT(*) FROM t", soci::into(found);
        return found;
    };
    soci::transaction moment(reader);
    EXPECT_EQ(count(), 0);
    writer << "INSERT INTO t VALUES (1)";
    EXPECT_EQ(count(), 0);
    moment.commit();
    EXPECT_EQ(count(), 1);
}

TEST(FleetDatabase, ThatIsNotThereIsAnError) {
    soci::session database;
    EXPECT_THROW(open_fleet_database(database, "postgresql:///x?host=/nonexistent"),
                 soci::soci_error);
}

} // namespace
} // namespace plugtone
