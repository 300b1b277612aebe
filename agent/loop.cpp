#include "agent/loop.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>

#include <poll.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "agent/watchdog.hpp"
#include "core/base/log.hpp"

namespace plugtone {

namespace {

// Events taken in one go: one flush of the disk for all of them, and the bus is not kept waiting.
constexpr std::size_t events_per_turn = 512;

// Messages taken from the bus in one go. Most are calls, which only go to the gate's queue.
constexpr std::size_t messages_per_turn = 256;
// Calls go on when all that came has been sorted into that queue: what a peer floods us with must
// not pile up in the bus, before another's call. So many messages are enough, in any case.
constexpr std::size_t messages_before_calls = 32'768;

constexpr int endless = -1;

using Clock = std::chrono::steady_clock;

// Until that second has come.
int milliseconds_until(long long due_s, long long now_s) {
    return static_cast<int>(std::clamp<long long>((due_s - now_s) * 1000, 0, 60'000));
}

int milliseconds_until(Clock::time_point deadline, Clock::time_point now) {
    if (deadline == Clock::time_point::max())
        return endless;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 60'000));
}

int shorter(int a, int b) {
    if (a == endless || b == endless)
        return std::max(a, b);
    return std::min(a, b);
}

// Milliseconds until a part has something to do of itself.
int next_work(const LoopParts& parts) {
    const auto now = Clock::now();
    if (parts.jobs.has_steps())
        return 0;
    int wait = shorter(milliseconds_until(parts.kea.deadline(), now),
                       milliseconds_until(parts.jobs.deadline(), now));
    const auto notify_at = parts.notifier.resync().due().value_or(Clock::time_point::max());
    wait = shorter(wait, milliseconds_until(notify_at, now));
    wait = shorter(wait, milliseconds_until(parts.recorder.due(), std::time(nullptr)));
    if (const auto due = parts.rollouts.due())
        wait = shorter(wait, static_cast<int>(std::clamp<Seconds>(
                                 (*due - std::time(nullptr)) * 1000, 0, 60'000)));
    return wait;
}

void move_rollouts(Rollouts& rollouts) {
    const Seconds now = std::time(nullptr);
    if (const auto due = rollouts.due(); !due || now < *due)
        return;
    try {
        rollouts.advance(now);
    } catch (const std::exception& error) {
        // The database is out of order; the next tick tries again.
        log(Level::error, "rollouts-stand-still", {{"why", error.what()}});
    }
}

void pass_time(const LoopParts& parts) {
    const long long now = std::time(nullptr);
    if (parts.recorder.due() > now)
        return;
    try {
        parts.manager.moved(parts.recorder.pass_time(now), now);
    } catch (const std::exception& error) {
        log(Level::error, "states-untold", {{"why", error.what()}});
    }
}

void notify(const LoopParts& parts, short revents, Resync::Time now) {
    const auto due = parts.notifier.resync().due();
    if (revents == 0 && (!due || now < *due))
        return;
    try {
        parts.notifier.advance(now);
        parts.manager.resynced();
    } catch (const std::exception& error) {
        log(Level::error, "resync-failed", {{"why", error.what()}});
    }
}

// True: there is more to do at once. since_calls: messages taken since a call went on.
bool take_messages(const LoopParts& parts, std::size_t& since_calls) {
    std::size_t taken = 0;
    while (taken < messages_per_turn && parts.gate.process())
        ++taken;
    parts.long_calls.advance();
    since_calls += taken;
    const bool is_all = taken < messages_per_turn;
    if (!is_all && since_calls < messages_before_calls)
        return true;
    since_calls = 0;
    return parts.gate.advance() || !is_all;
}

// False: it is time to end.
bool take_signal(const Fd& signals, const std::function<void()>& reload) {
    signalfd_siginfo info{};
    if (::read(signals.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info))
        return true;
    if (info.ssi_signo == SIGHUP) {
        reload();
        return true;
    }
    return false;
}

} // namespace

void take_events(const LoopParts& parts) {
    const std::vector<Event> events = parts.events.receive(events_per_turn);
    if (events.empty())
        return;
    const long long now = std::time(nullptr);
    try {
        parts.recorder.record(events, now);
        if (!parts.gate.is_stuck())
            parts.manager.happened(events, now);
        parts.rollouts.happened(events, now);
    } catch (const std::exception& error) {
        // The disk, or the bus, is out of order: phones are served all the same.
        log(Level::error, "events-untold",
            {{"why", error.what()}, {"events", std::to_string(events.size())}});
    }
}

void meanwhile(const LoopParts& parts) {
    ::sd_notify(0, "WATCHDOG=1");
    if (parts.gate.is_processing())
        return;
    parts.jobs.tell_progress();
    for (std::size_t taken = 0; taken < messages_per_turn; ++taken)
        if (!parts.gate.process() && !parts.gate.advance_any_time())
            break;
}

Result<Fd> open_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        ::sigaddset(&set, number);
    if (::pthread_sigmask(SIG_BLOCK, &set, nullptr) != 0)
        return fail_errno("cannot block signals");
    Fd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals)
        return fail_errno("cannot wait for signals");
    return signals;
}

Done run_loop(const LoopParts& parts, const Fd& signals, const std::function<void()>& reload) {
    std::size_t since_calls = 0;
    Watchdog watchdog = Watchdog::of_environment(KeaClient::Clock::now());
    for (;;) {
        parts.firmware.sync();
        const bool is_busy = take_messages(parts, since_calls);
        const bool has_more = parts.manager.rest();
        const auto bus = parts.bus.getEventLoopPollData();
        std::array<pollfd, 7> waits = {
            {{bus.fd, bus.events, 0},
             {parts.events.fd(), POLLIN, 0},
             {signals.get(), POLLIN, 0},
             {parts.kea.fd(), parts.kea.poll_events(), 0},
             {parts.jobs.fd(), POLLIN, 0},
             {parts.notifier.fd(), POLLIN, 0},
             {parts.fleet == nullptr ? -1 : parts.fleet->fd(), POLLIN, 0}}};
        const auto before = Clock::now();
        if (watchdog.is_due(before))
            ::sd_notify(0, "WATCHDOG=1");
        const int timeout = is_busy || has_more
                                ? 0
                                : shorter(bus.getPollTimeout(),
                                          shorter(next_work(parts),
                                                  milliseconds_until(watchdog.deadline(), before)));
        if (::poll(waits.data(), waits.size(), timeout) < 0 && errno != EINTR)
            return fail_errno("cannot wait for work");
        if ((waits[0].revents & (POLLHUP | POLLERR)) != 0)
            return fail(ErrorKind::io, "the bus is gone");
        if (waits[1].revents != 0)
            take_events(parts);
        pass_time(parts);
        if (waits[2].revents != 0 && !take_signal(signals, reload))
            return {};
        const auto now = Clock::now();
        if (waits[3].revents != 0 || now >= parts.kea.deadline())
            parts.kea.advance(now);
        if (waits[4].revents != 0 || parts.jobs.has_steps() || now >= parts.jobs.deadline())
            parts.jobs.advance(now);
        notify(parts, waits[5].revents, now);
        move_rollouts(parts.rollouts);
        if (waits[6].revents != 0)
            parts.fleet->take();
    }
}

} // namespace plugtone
