#include "tftpd/round_trip.hpp"

#include <algorithm>

namespace plugtone::tftpd {

void RoundTrip::measured(Duration time) {
    // RFC 6298 sections 2.2 and 2.3: alpha 1/8, beta 1/4, K 4.
    if (smoothed_ == Duration::zero()) {
        smoothed_ = std::max(time, Duration(1));
        variation_ = time / 2;
    } else {
        const Duration error = smoothed_ > time ? smoothed_ - time : time - smoothed_;
        variation_ = (3 * variation_ + error) / 4;
        smoothed_ = std::max((7 * smoothed_ + time) / 8, Duration(1));
    }
    wait_ = std::clamp<Duration>(smoothed_ + 4 * variation_, floor, ceiling);
}

void RoundTrip::back_off() {
    wait_ = std::min<Duration>(wait_ * 2, ceiling);
}

} // namespace plugtone::tftpd
