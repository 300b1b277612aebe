#include "tftpd/round_trip.hpp"

#include <gtest/gtest.h>

namespace plugtone::tftpd {
namespace {

using std::chrono::milliseconds;

TEST(RoundTrip, FollowsRfc6298) {
    RoundTrip trip;
    EXPECT_EQ(trip.wait(), RoundTrip::first_wait);
    trip.measured(milliseconds(100));
    EXPECT_EQ(trip.smoothed(), milliseconds(100));
    EXPECT_EQ(trip.wait(), milliseconds(300)); // 100 + 4 * 50
    trip.measured(milliseconds(100));
    EXPECT_EQ(trip.wait(), milliseconds(250)); // 100 + 4 * 37.5
}

TEST(RoundTrip, KeepsToItsFloorAndCeiling) {
    RoundTrip trip;
    trip.measured(milliseconds(0));
    EXPECT_EQ(trip.wait(), RoundTrip::floor);
    for (int count = 0; count < 20; ++count)
        trip.back_off();
    EXPECT_EQ(trip.wait(), RoundTrip::ceiling);
    trip.measured(milliseconds(1));
    EXPECT_EQ(trip.wait(), RoundTrip::floor); // an answer ends the backing off
}

} // namespace
} // namespace plugtone::tftpd
