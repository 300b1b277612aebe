#include "agent/watchdog.hpp"

#include <cstdint>

#include <systemd/sd-daemon.h>

namespace plugtone {

Watchdog Watchdog::of_environment(Clock::time_point now) {
    std::uint64_t microseconds = 0;
    const bool is_wanted = ::sd_watchdog_enabled(0, &microseconds) > 0;
    return {std::chrono::microseconds(is_wanted ? microseconds : 0), now};
}

Watchdog::Watchdog(std::chrono::microseconds patience, Clock::time_point now)
    : interval_(patience / 2),
      deadline_(interval_.count() > 0 ? now + interval_ : Clock::time_point::max()) {}

bool Watchdog::is_due(Clock::time_point now) {
    if (now < deadline_)
        return false;
    deadline_ = now + interval_;
    return true;
}

} // namespace plugtone
