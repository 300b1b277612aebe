// Wrong tries, counted: after so many of them, further ones are not even looked at for a time,
// which doubles with each that follows. A plain value, driven with seconds since 1970.
#pragma once

namespace plugtone {

struct ThrottleRule {
    int free_tries = 5; // wrong ones, before the first wait
    long long first_wait_s = 60;
    long long wait_max_s = 86'400;
    long long forgotten_s = 86'400; // after so long without a wrong try, all is as before the first
};

struct Throttle {
    int wrong = 0;
    long long last_wrong = 0;
    long long locked_until = 0;

    bool is_locked(long long now) const { return now < locked_until; }
    bool is_forgotten(const ThrottleRule& rule, long long now) const {
        return !is_locked(now) && now - last_wrong > rule.forgotten_s;
    }
    Throttle after_wrong(const ThrottleRule& rule, long long now) const;

    bool operator==(const Throttle&) const = default;
};

} // namespace plugtone
