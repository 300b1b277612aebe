#include "tftpd/timer_wheel.hpp"

#include <algorithm>
#include <exception>

#include "core/base/log.hpp"

namespace plugtone::tftpd {

void TimerWheel::arm(Timer& timer, TimePoint due) {
    timer.due_ = due;
    const std::uint64_t tick = std::clamp(tick_of(due), current_, current_ + slots - 1);
    if (timer.is_linked() && timer.tick_ == tick)
        return;
    timer.unlink();
    timer.tick_ = tick;
    slot(tick).push_back(timer);
    soonest_ = std::min(soonest_, tick);
}

void TimerWheel::fire(Timer& timer, TimePoint now) {
    try {
        timer.on_time(now);
    } catch (const std::exception& failure) {
        log(Level::error, "timer-failed", {{"reason", failure.what()}});
        timer.on_time_failed();
    }
}

void TimerWheel::run_due(TimePoint now) {
    const std::uint64_t now_tick = tick_of(now);
    if (now_tick <= soonest_ && soonest_ != none) {
        current_ = std::max(current_, now_tick);
        return;
    }
    const std::uint64_t begin = std::max(current_, std::min(soonest_, now_tick));
    const std::uint64_t last = std::min(now_tick, begin + slots);
    current_ = std::max(current_, now_tick);
    soonest_ = none;
    for (std::uint64_t tick = begin; tick < last; ++tick) {
        Slot due;
        due.splice(due.end(), slot(tick));
        while (!due.empty()) {
            Timer& timer = due.front();
            due.pop_front();
            if (timer.due_ > now)
                arm(timer, timer.due_);
            else
                fire(timer, now);
        }
    }
    for (std::uint64_t tick = current_; tick < current_ + slots && tick < soonest_; ++tick)
        if (!slot(tick).empty())
            soonest_ = tick;
}

std::optional<TimePoint> TimerWheel::next_due() const {
    if (soonest_ == none)
        return std::nullopt;
    // The whole tick must be over.
    return TimePoint(Clock::duration(static_cast<Clock::rep>((soonest_ + 1) << tick_bits)));
}

} // namespace plugtone::tftpd
