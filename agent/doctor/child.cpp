#include "agent/doctor/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/fd.hpp"

namespace plugtone::doctor {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t output_max = std::size_t{1} << 20;
// For putting away what it has made, between SIGTERM and SIGKILL.
constexpr std::chrono::seconds grace{5};

class SpawnActions {
public:
    SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
    SpawnActions(const SpawnActions&) = delete;
    SpawnActions& operator=(const SpawnActions&) = delete;
    ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    posix_spawn_file_actions_t* get() { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

Result<pid_t> spawn(const std::vector<std::string>& command, int output) {
    std::vector<std::string> words = command;
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    SpawnActions actions;
    ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(actions.get(), STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(actions.get(), output, STDOUT_FILENO);
    pid_t child = 0;
    errno = ::posix_spawnp(&child, arguments.front(), actions.get(), nullptr, arguments.data(),
                           environ);
    if (errno != 0)
        return fail_errno("cannot run " + command.front());
    return child;
}

// True: it has closed its output; false: the time is over, or it printed too much.
bool read_until(int descriptor, Clock::time_point deadline, std::string& output) {
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0 || output.size() > output_max)
            return false;
        pollfd wait{descriptor, POLLIN, 0};
        if (::poll(&wait, 1, static_cast<int>(left.count())) <= 0)
            continue;
        const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
        if (got == 0 || (got < 0 && errno != EINTR))
            return true;
        output.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
}

int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

Result<ChildEnd> run_child(const std::vector<std::string>& command,
                           std::chrono::milliseconds limit) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0)
        return fail_errno("cannot make a pipe");
    const Fd ours(ends[0]);
    Fd theirs(ends[1]);
    const auto child = spawn(command, theirs.get());
    if (!child)
        return tl::unexpected(child.error());
    theirs.reset();
    ChildEnd end;
    const bool is_done = read_until(ours.get(), Clock::now() + limit, end.output);
    if (!is_done) {
        std::string rest;
        ::kill(*child, SIGTERM);
        if (!read_until(ours.get(), Clock::now() + grace, rest))
            ::kill(*child, SIGKILL);
    }
    end.status = wait_for(*child);
    if (!is_done)
        return fail(ErrorKind::io,
                    command.front() +
                        (end.output.size() > output_max
                             ? " printed more than 1 MiB"
                             : " did not end within " + std::to_string(limit.count()) + " ms"));
    return end;
}

} // namespace plugtone::doctor
