// A PostgreSQL of one test process's own, in a folder, on a Unix socket; root becomes the user
// postgres for it, as PostgreSQL insists.
#pragma once

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone::test {

class PostgresServer {
public:
    PostgresServer() {
        if (::geteuid() == 0)
            give_to("postgres");
        wait_for(spawn({program("initdb"), "--pgdata", data(), "--no-sync", "--auth=trust",
                        "--username=postgres", "--no-instructions"}));
        start();
    }
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;
    ~PostgresServer() { stop(); }

    void start() {
        server_ = spawn({program("postgres"), "-D", data(), "-k", folder_.path(), "-c",
                         "listen_addresses=", "-c", "fsync=off"});
        while (::PQping(url("postgres").c_str()) != PQPING_OK) {
            int status = 0;
            if (::waitpid(server_, &status, WNOHANG) == server_)
                throw std::runtime_error("postgres: " + content_of(folder_.path("log")));
            ::poll(nullptr, 0, 20);
        }
    }
    // As a crash: connections break.
    void stop() {
        if (server_ == 0)
            return;
        ::kill(server_, SIGQUIT);
        int status = 0;
        ::waitpid(server_, &status, 0);
        server_ = 0;
    }
    std::string url(const std::string& database = "fleet") const {
        return "postgresql:///" + database + "?user=postgres&host=" + folder_.path() +
               "&options=-c%20client_min_messages%3Dwarning";
    }
    // An empty database of that name.
    void make(const std::string& database = "fleet") {
        PGconn* connection = ::PQconnectdb(url("postgres").c_str());
        for (const std::string& command :
             {"DROP DATABASE IF EXISTS " + database + " (FORCE)", "CREATE DATABASE " + database})
            ::PQclear(::PQexec(connection, command.c_str()));
        ::PQfinish(connection);
    }
    static PostgresServer& of_this_process() {
        static PostgresServer server;
        return server;
    }

private:
    std::string data() const { return folder_.path("data"); }

    void give_to(const char* user) {
        const passwd* found = ::getpwnam(user);
        if (found == nullptr || ::chown(folder_.path().c_str(), found->pw_uid, found->pw_gid) != 0)
            throw std::runtime_error("no user postgres: is the package postgresql installed?");
        as_user_ = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
                    "--pdeathsig=KILL"};
    }
    // Debian keeps each version's apart.
    static std::string program(const std::string& name) {
        for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql"))
            if (const auto path = version.path() / "bin" / name; std::filesystem::exists(path))
                return path.string();
        throw std::runtime_error("no " + name + ": is the package postgresql installed?");
    }
    pid_t spawn(std::vector<std::string> command) {
        command.insert(command.begin(), as_user_.begin(), as_user_.end());
        std::vector<char*> arguments;
        for (std::string& argument : command)
            arguments.push_back(argument.data());
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, 1, folder_.path("log").c_str(),
                                           O_WRONLY | O_CREAT | O_APPEND, 0666);
        ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
        pid_t child = 0;
        const int error =
            ::posix_spawnp(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        if (error != 0)
            throw std::runtime_error("cannot run " + command.front());
        return child;
    }
    void wait_for(pid_t child) {
        int status = 0;
        if (::waitpid(child, &status, 0) != child || status != 0)
            throw std::runtime_error("initdb: " + content_of(folder_.path("log")));
    }

    TempFolder folder_;
    std::vector<std::string> as_user_;
    pid_t server_ = 0;
};

} // namespace plugtone::test
