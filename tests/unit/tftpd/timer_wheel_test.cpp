#include "tftpd/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace plugtone::tftpd {
namespace {

using std::chrono::milliseconds;

struct Alarm : Timer {
    void on_time(TimePoint now) override { rang.push_back(now); }
    void on_time_failed() noexcept override {}
    std::vector<TimePoint> rang;
};

const TimePoint start = TimePoint(std::chrono::hours(1));

TEST(TimerWheel, FiresNeverEarlyAndATickLateAtMost) {
    std::mt19937 random(1);
    TimerWheel wheel(start);
    std::vector<std::pair<std::unique_ptr<Alarm>, TimePoint>> alarms;
    for (int count = 0; count < 500; ++count) {
        alarms.emplace_back(std::make_unique<Alarm>(), start + milliseconds(random() % 10000));
        wheel.arm(*alarms.back().first, alarms.back().second);
    }
    for (TimePoint now = start; now < start + milliseconds(10100); now += milliseconds(1))
        wheel.run_due(now);
    for (const auto& [alarm, due] : alarms) {
        ASSERT_EQ(alarm->rang.size(), 1U);
        EXPECT_GE(alarm->rang.front(), due);
        EXPECT_LE(alarm->rang.front() - due, milliseconds(4));
    }
    EXPECT_FALSE(wheel.next_due());
}

TEST(TimerWheel, TellsWhenToLookAgain) {
    TimerWheel wheel(start);
    EXPECT_FALSE(wheel.next_due());
    Alarm alarm;
    wheel.arm(alarm, start + milliseconds(50));
    ASSERT_TRUE(wheel.next_due());
    EXPECT_LE(*wheel.next_due(), start + milliseconds(54));
    wheel.run_due(*wheel.next_due());
    EXPECT_EQ(alarm.rang.size(), 1U);
}

TEST(TimerWheel, ATimerThatWasPutOffFiresOnceAndLater) {
    TimerWheel wheel(start);
    Alarm alarm;
    wheel.arm(alarm, start + milliseconds(10));
    wheel.arm(alarm, start + milliseconds(5000)); // more than a turn of the wheel
    for (TimePoint now = start; now < start + milliseconds(6000); now += milliseconds(100))
        wheel.run_due(now);
    ASSERT_EQ(alarm.rang.size(), 1U);
    EXPECT_GE(alarm.rang.front(), start + milliseconds(5000));
}

TEST(TimerWheel, ATimerThatIsGoneFiresNoMore) {
    TimerWheel wheel(start);
    auto alarm = std::make_unique<Alarm>();
    wheel.arm(*alarm, start + milliseconds(10));
    alarm.reset();
    wheel.run_due(start + milliseconds(100)); // the address sanitizer would see it
    Alarm disarmed;
    wheel.arm(disarmed, start + milliseconds(200));
    TimerWheel::disarm(disarmed);
    wheel.run_due(start + milliseconds(300));
    EXPECT_TRUE(disarmed.rang.empty());
}

TEST(TimerWheel, SurvivesALongSleep) {
    TimerWheel wheel(start);
    Alarm alarm;
    wheel.arm(alarm, start + milliseconds(10));
    wheel.run_due(start + std::chrono::hours(24));
    EXPECT_EQ(alarm.rang.size(), 1U);
}

} // namespace
} // namespace plugtone::tftpd
