#include "agent/throttle.hpp"

#include <algorithm>

namespace plugtone {

namespace {

constexpr int doublings_max = 30; // of seconds: beyond any wait

} // namespace

Throttle Throttle::after_wrong(const ThrottleRule& rule, long long now) const {
    Throttle next = is_forgotten(rule, now) ? Throttle{} : *this;
    ++next.wrong;
    next.last_wrong = now;
    if (next.wrong >= rule.free_tries) {
        const int doublings = std::min(next.wrong - rule.free_tries, doublings_max);
        next.locked_until = now + std::min(rule.wait_max_s, rule.first_wait_s << doublings);
    }
    return next;
}

} // namespace plugtone
