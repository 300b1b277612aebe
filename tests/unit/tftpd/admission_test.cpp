#include "tftpd/admission.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace plugtone::tftpd {
namespace {

const Ipv4 first{1};
const Ipv4 second{2};

TEST(Admission, LimitsEachPeerAndAllOfThem) {
    Admission admission(3, 2);
    const auto one = admission.admit(first);
    const auto two = admission.admit(first);
    EXPECT_TRUE(one);
    EXPECT_TRUE(two);
    EXPECT_FALSE(admission.admit(first));
    const auto three = admission.admit(second);
    EXPECT_TRUE(three);
    EXPECT_FALSE(admission.admit(second));
    EXPECT_EQ(admission.active(), 3U);
}

TEST(Admission, GivesAPlaceBackWithItsTicket) {
    Admission admission(1, 1);
    {
        auto ticket = admission.admit(first);
        ASSERT_TRUE(ticket);
        const Admission::Ticket moved = std::move(ticket);
        EXPECT_FALSE(ticket); // NOLINT(bugprone-use-after-move): what is left is an empty one
        EXPECT_FALSE(admission.admit(second));
    }
    EXPECT_EQ(admission.active(), 0U);
    EXPECT_TRUE(admission.admit(second));
}

} // namespace
} // namespace plugtone::tftpd
