// How often one address may ask: a token bucket for each. Pure. Its memory is bounded: when a flood
// of forged addresses fills the table, addresses that are not in it share one bucket.
#pragma once

#include <chrono>
#include <cstddef>
#include <unordered_map>

#include "core/base/ipv4.hpp"

namespace plugtone::tftpd {

struct Rate {
    double per_second = 0; // 0: no limit
    double burst = 0;      // at once, after a while of silence
};

class RateLimit {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    static constexpr std::size_t addresses_max = 8192;

    explicit RateLimit(const Rate& rate) : rate_(rate) {}

    // Takes a token; false when there is none.
    bool admit(const Ipv4& address, TimePoint now);
    std::size_t addresses() const { return buckets_.size(); }

private:
    struct Bucket {
        double tokens = 0;
        TimePoint at;
    };

    Bucket& bucket_of(const Ipv4& address, TimePoint now);
    double refilled(const Bucket& bucket, TimePoint now) const;

    Rate rate_;
    std::unordered_map<std::uint32_t, Bucket> buckets_;
    Bucket shared_;
    TimePoint swept_at_;
};

} // namespace plugtone::tftpd
