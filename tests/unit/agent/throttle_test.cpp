#include "agent/throttle.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

constexpr ThrottleRule rule{5, 60, 3600, 86'400};
constexpr long long start = 1'700'000'000;

Throttle after(int wrong, long long now = start) {
    Throttle throttle;
    for (int at = 0; at < wrong; ++at)
        throttle = throttle.after_wrong(rule, now);
    return throttle;
}

TEST(Throttle, AFewWrongTriesAreFree) {
    EXPECT_FALSE(after(4).is_locked(start));
    EXPECT_FALSE(Throttle{}.is_locked(start));
}

TEST(Throttle, TheFifthLocksForAMinute) {
    const Throttle throttle = after(5);
    EXPECT_TRUE(throttle.is_locked(start));
    EXPECT_TRUE(throttle.is_locked(start + 59));
    EXPECT_FALSE(throttle.is_locked(start + 60));
}

TEST(Throttle, EachFurtherOneDoublesTheWaitUpToALimit) {
    EXPECT_EQ(after(6).locked_until, start + 120);
    EXPECT_EQ(after(7).locked_until, start + 240);
    EXPECT_EQ(after(11).locked_until, start + 3600);
    EXPECT_EQ(after(1000).locked_until, start + 3600);
}

TEST(Throttle, ADayWithoutAWrongTryForgetsThem) {
    Throttle throttle = after(5);
    throttle = throttle.after_wrong(rule, start + 60 + 86'400 + 1);
    EXPECT_EQ(throttle.wrong, 1);
    EXPECT_FALSE(throttle.is_locked(start + 60 + 86'400 + 1));
    EXPECT_EQ(after(4).after_wrong(rule, start + 86'400).wrong, 5) << "a day is not over";
}

} // namespace
} // namespace plugtone
