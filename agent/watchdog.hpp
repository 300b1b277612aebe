// Tells systemd that the loop still turns, at half the interval of the unit's WatchdogSec=. A plain
// value: the loop gives it the time, and does the telling.
#pragma once

#include <chrono>

namespace plugtone {

class Watchdog {
public:
    using Clock = std::chrono::steady_clock;

    // What the environment says systemd waits for (sd_watchdog_enabled(3)).
    static Watchdog of_environment(Clock::time_point now);

    // patience: what systemd waits for; zero: nothing is ever due.
    Watchdog(std::chrono::microseconds patience, Clock::time_point now);

    // When the next sign of life is due; time_point::max() if none ever is.
    Clock::time_point deadline() const { return deadline_; }
    // True: it is due now. The next one is half the patience away.
    bool is_due(Clock::time_point now);

private:
    std::chrono::microseconds interval_;
    Clock::time_point deadline_;
};

} // namespace plugtone
