#include "tftpd/rate_limit.hpp"

#include <gtest/gtest.h>

namespace plugtone::tftpd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Ipv4 one{1};
const Ipv4 two{2};

TEST(RateLimit, AllowsABurstAndThenTheRate) {
    RateLimit limit({10, 3});
    RateLimit::TimePoint now{};
    EXPECT_TRUE(limit.admit(one, now) && limit.admit(one, now) && limit.admit(one, now));
    EXPECT_FALSE(limit.admit(one, now));
    EXPECT_TRUE(limit.admit(two, now)); // each for itself
    now += milliseconds(100);
    EXPECT_TRUE(limit.admit(one, now));
    EXPECT_FALSE(limit.admit(one, now));
    now += seconds(100);
    EXPECT_TRUE(limit.admit(one, now) && limit.admit(one, now) && limit.admit(one, now));
    EXPECT_FALSE(limit.admit(one, now)); // never more than the burst
}

TEST(RateLimit, WithoutARateLimitsNothing) {
    RateLimit limit({});
    for (int count = 0; count < 1000; ++count)
        EXPECT_TRUE(limit.admit(one, {}));
    EXPECT_EQ(limit.addresses(), 0U);
}

TEST(RateLimit, RemembersABoundedNumberOfAddresses) {
    RateLimit limit({10, 3});
    RateLimit::TimePoint now{};
    for (std::uint32_t address = 0; address < 3 * RateLimit::addresses_max; ++address)
        limit.admit(Ipv4{address}, now);
    EXPECT_EQ(limit.addresses(), RateLimit::addresses_max);
    EXPECT_FALSE(limit.admit(Ipv4{0xFFFFFFFF}, now)); // the strangers' bucket is empty
    now += seconds(10);                               // and those that were quiet are forgotten
    EXPECT_TRUE(limit.admit(Ipv4{0xFFFFFFFF}, now));
    EXPECT_EQ(limit.addresses(), 1U);
}

} // namespace
} // namespace plugtone::tftpd
