// How long to wait for an answer: RFC 6298's estimate from the round trips measured so far. A pure
// value. Two things differ from the RFC, which has a WAN and TCP in mind: the first wait is 200 ms
// (a phone of the same office answers within that, and a needless repetition costs one packet), and
// the floor is 20 ms instead of 1 s. Once measured, a phone that then stops for a while (it writes
// its flash) gets a few needless repetitions, at doubling distances.
#pragma once

#include <chrono>

namespace plugtone::tftpd {

class RoundTrip {
public:
    using Duration = std::chrono::nanoseconds;

    static constexpr std::chrono::milliseconds first_wait{200};
    static constexpr std::chrono::milliseconds floor{20};
    static constexpr std::chrono::milliseconds ceiling{5000};

    // Of a packet that was sent only once (Karn's rule; RFC 6298 section 3).
    void measured(Duration time);
    // The time is up: the next wait is twice as long (section 5.5).
    void back_off();
    // The retransmission timeout.
    Duration wait() const { return wait_; }
    // The smoothed round-trip time; zero before the first measurement.
    Duration smoothed() const { return smoothed_; }

private:
    Duration smoothed_{};
    Duration variation_{};
    Duration wait_ = first_wait;
};

} // namespace plugtone::tftpd
