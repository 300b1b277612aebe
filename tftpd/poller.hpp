// The event loop: one for a thread, over epoll(7). It goes in rounds: whatever is ready is handled,
// then the timers that are due, then what was put off to the round's end (events and log lines,
// which go out in one call each). docs/decisions.md says why this is not Asio's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <sys/epoll.h>

#include "core/base/fd.hpp"
#include "tftpd/timer_wheel.hpp"

namespace plugtone::tftpd {

// What waits for a descriptor. It must be forgotten before it is destroyed, which it may do in its
// own call.
class Watcher {
public:
    // events: as epoll_wait(2) gives them.
    virtual void on_ready(std::uint32_t events) = 0;
    // on_ready threw: the owner is to end what this stood for.
    virtual void on_ready_failed() noexcept = 0;

protected:
    ~Watcher() = default;
};

class Poller {
public:
    // Throws std::system_error when the kernel has no epoll instance for it.
    Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;
    ~Poller() = default;

    // Level-triggered. Throw std::system_error when the kernel refuses.
    void watch(int descriptor, std::uint32_t events, Watcher& watcher);
    void change(int descriptor, std::uint32_t events, Watcher& watcher);
    // Before the descriptor is closed. Not even an event of this round reaches the watcher then.
    void forget(int descriptor, Watcher& watcher);

    // Each round, after the wait and before anything is handled; and at its end.
    void at_begin_of_round(std::function<void()> hook) { begin_ = std::move(hook); }
    void at_end_of_round(std::function<void()> hook) { end_ = std::move(hook); }

    // Of this round.
    TimePoint now() const { return now_; }
    TimerWheel& timers() { return timers_; }

    // Until stop() is called, from within.
    void run();
    // One round, which waits at most that long; for tests.
    void run_once(std::chrono::milliseconds longest);
    void stop() { stopping_ = true; }

private:
    static constexpr std::size_t events_max = 256;

    int timeout_ms() const;
    void handle(epoll_event& event);

    Fd epoll_;
    TimePoint now_;
    TimerWheel timers_;
    std::function<void()> begin_;
    std::function<void()> end_;
    std::array<epoll_event, events_max> ready_{};
    std::span<epoll_event> pending_; // of ready_, those that are still to be handled
    bool stopping_ = false;
};

} // namespace plugtone::tftpd
