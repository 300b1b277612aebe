#include "agent/watchdog.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

namespace plugtone {
namespace {

using namespace std::chrono_literals;

constexpr Watchdog::Clock::time_point start{1000s};

TEST(Watchdog, IsDueAtHalfOfWhatSystemdWaitsFor) {
    Watchdog watchdog(60s, start);
    EXPECT_EQ(watchdog.deadline(), start + 30s);
    EXPECT_FALSE(watchdog.is_due(start + 29s));
    EXPECT_TRUE(watchdog.is_due(start + 30s));
    EXPECT_FALSE(watchdog.is_due(start + 30s)) << "told once";
    EXPECT_EQ(watchdog.deadline(), start + 60s);
}

TEST(Watchdog, CountsFromTheLastSign) {
    Watchdog watchdog(60s, start);
    EXPECT_TRUE(watchdog.is_due(start + 50s));
    EXPECT_EQ(watchdog.deadline(), start + 80s);
}

TEST(Watchdog, IsNeverDueWhereNobodyWaits) {
    Watchdog watchdog(0s, start);
    EXPECT_EQ(watchdog.deadline(), Watchdog::Clock::time_point::max());
    EXPECT_FALSE(watchdog.is_due(start + 24h));
}

TEST(Watchdog, KnowsFromTheEnvironmentWhatSystemdWaitsFor) {
    ::setenv("WATCHDOG_USEC", "4000000", 1);
    EXPECT_EQ(Watchdog::of_environment(start).deadline(), start + 2s);
    ::setenv("WATCHDOG_PID", "1", 1); // meant for another process
    EXPECT_EQ(Watchdog::of_environment(start).deadline(), Watchdog::Clock::time_point::max());
    ::unsetenv("WATCHDOG_PID");
    ::unsetenv("WATCHDOG_USEC");
    EXPECT_EQ(Watchdog::of_environment(start).deadline(), Watchdog::Clock::time_point::max());
}

} // namespace
} // namespace plugtone
