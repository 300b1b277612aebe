// Does something again and again. The poller's thread.
#pragma once

#include <functional>

#include "tftpd/poller.hpp"

namespace plugtone::tftpd {

class Periodic final : private Timer {
public:
    // Does it first when the interval has passed; never with an interval of zero.
    Periodic(Poller& poller, std::chrono::microseconds interval, std::function<void()> what)
        : poller_(poller), interval_(interval), what_(std::move(what)) {
        arm();
    }

private:
    void arm() {
        if (interval_.count() > 0)
            poller_.timers().arm(*this, poller_.now() + interval_);
    }
    void on_time(TimePoint /*now*/) override {
        arm();
        what_();
    }
    void on_time_failed() noexcept override {} // it was armed before

    Poller& poller_;
    std::chrono::microseconds interval_;
    std::function<void()> what_;
};

} // namespace plugtone::tftpd
