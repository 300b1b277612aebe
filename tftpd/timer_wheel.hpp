// Deadlines of thousands of transfers, most of which are put off again long before they are due: to
// arm a timer costs the same however many there are (a hashed timing wheel, Varghese and Lauck
// 1987). A timer fires up to one tick late, never early. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include <boost/intrusive/list.hpp>

namespace plugtone::tftpd {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

// Leaves the wheel when it is destroyed.
class Timer : public boost::intrusive::list_base_hook<
                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    Timer() = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    // The timer is no longer armed when this is called; it may destroy itself.
    virtual void on_time(TimePoint now) = 0;
    // on_time threw: the timer's owner is to end what it stood for.
    virtual void on_time_failed() noexcept = 0;

    virtual ~Timer() = default; // public and virtual only because of the friend below

private:
    friend class TimerWheel;
    TimePoint due_;
    std::uint64_t tick_ = 0;
};

class TimerWheel {
public:
    explicit TimerWheel(TimePoint now) : current_(tick_of(now)), soonest_(none) {}

    // Replaces the deadline that it had.
    void arm(Timer& timer, TimePoint due);
    static void disarm(Timer& timer) { timer.unlink(); }
    // Calls every timer that is due.
    void run_due(TimePoint now);
    // When run_due has something to do, at the earliest; nothing if no timer is armed.
    std::optional<TimePoint> next_due() const;

private:
    using Slot = boost::intrusive::list<Timer, boost::intrusive::constant_time_size<false>>;

    static constexpr unsigned tick_bits = 21;  // of nanoseconds: 2.1 ms
    static constexpr std::size_t slots = 1024; // 2.1 s; what is due later goes round again
    static constexpr std::uint64_t none = ~std::uint64_t{0};

    static std::uint64_t tick_of(TimePoint time) {
        return static_cast<std::uint64_t>(time.time_since_epoch().count()) >> tick_bits;
    }
    Slot& slot(std::uint64_t tick) { return slots_.at(tick % slots); }
    void fire(Timer& timer, TimePoint now);

    std::array<Slot, slots> slots_;
    std::uint64_t current_; // all before it are done
    std::uint64_t soonest_; // no timer is armed for an earlier tick
};

} // namespace plugtone::tftpd
