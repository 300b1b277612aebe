#include "kea-hook/own_addresses.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

Ipv4 ip(const char* text) {
    return Ipv4::parse(text).value();
}

TEST(OwnAddresses, AreKnownByTheClientsNetwork) {
    OwnAddresses seen;
    EXPECT_EQ(seen.of(ip("10.1.0.7")), std::nullopt);
    EXPECT_EQ(seen.last(), std::nullopt);
    seen.note(ip("10.1.0.7"), ip("10.1.0.1"));
    seen.note(ip("10.2.0.7"), ip("10.2.0.1"));
    EXPECT_EQ(seen.of(ip("10.1.0.200")), ip("10.1.0.1"));
    EXPECT_EQ(seen.of(ip("10.2.0.200")), ip("10.2.0.1"));
    EXPECT_EQ(seen.of(ip("10.3.0.200")), std::nullopt);
    EXPECT_EQ(seen.last(), ip("10.2.0.1"));
    seen.note(ip("10.1.0.9"), ip("10.1.0.2")); // renumbered
    EXPECT_EQ(seen.of(ip("10.1.0.200")), ip("10.1.0.2"));
}

TEST(OwnAddresses, NeverAnswerForAnotherNetworkThatTookThePlace) {
    OwnAddresses seen;
    seen.note(ip("10.0.0.7"), ip("10.0.0.1"));
    seen.note(ip("10.4.0.7"), ip("10.4.0.1")); // 1024 networks further
    EXPECT_EQ(seen.of(ip("10.0.0.7")), std::nullopt);
    EXPECT_EQ(seen.of(ip("10.4.0.7")), ip("10.4.0.1"));
}

TEST(OwnAddressBeside, IsOfTheInterfaceInWhoseNetworkTheClientIs) {
    EXPECT_EQ(own_address_beside(ip("127.1.2.3")), ip("127.0.0.1"));
    EXPECT_EQ(own_address_beside(ip("240.0.0.1")), std::nullopt); // nobody has such: RFC 1112
}

} // namespace
} // namespace plugtone
