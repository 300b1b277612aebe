#include "tftpd/rate_limit.hpp"

#include <algorithm>

namespace plugtone::tftpd {

namespace {

// Looking through the whole table for each forged address would be the flood's success.
constexpr std::chrono::seconds sweep_interval{1};

} // namespace

double RateLimit::refilled(const Bucket& bucket, TimePoint now) const {
    const std::chrono::duration<double> passed = now - bucket.at;
    return std::min(rate_.burst, bucket.tokens + passed.count() * rate_.per_second);
}

RateLimit::Bucket& RateLimit::bucket_of(const Ipv4& address, TimePoint now) {
    if (const auto found = buckets_.find(address.number); found != buckets_.end())
        return found->second;
    if (buckets_.size() >= addresses_max && now - swept_at_ >= sweep_interval) {
        swept_at_ = now;
        // A full bucket is what an unknown address gets.
        std::erase_if(buckets_, [&](const auto& entry) {
            return refilled(entry.second, now) >= rate_.burst;
        });
    }
    if (buckets_.size() >= addresses_max)
        return shared_;
    return buckets_.emplace(address.number, Bucket{rate_.burst, now}).first->second;
}

bool RateLimit::admit(const Ipv4& address, TimePoint now) {
    if (rate_.per_second <= 0)
        return true;
    Bucket& bucket = bucket_of(address, now);
    bucket.tokens = refilled(bucket, now);
    bucket.at = now;
    if (bucket.tokens < 1)
        return false;
    bucket.tokens -= 1;
    return true;
}

} // namespace plugtone::tftpd
