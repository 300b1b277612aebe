#include "agent/fair_queue.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

constexpr std::uint32_t alice = 1000;
constexpr std::uint32_t bob = 1001;

std::string all_of(FairQueue<std::string>& queue) {
    std::string all;
    while (const auto item = queue.pop())
        all += *item;
    return all;
}

TEST(FairQueue, GivesOneConnectionItsOwnInTheirOrder) {
    FairQueue<std::string> queue({10, 10, 100});
    for (const char* item : {"a", "b", "c"})
        EXPECT_TRUE(queue.push(alice, ":1.1", item, 1));
    EXPECT_EQ(all_of(queue), "abc");
    EXPECT_TRUE(queue.empty());
}

TEST(FairQueue, LetsUsersTakeTurnsHoweverManyWait) {
    FairQueue<std::string> queue({10, 10, 100});
    for (const char* item : {"a", "a", "a"})
        queue.push(alice, ":1.1", item, 1);
    queue.push(bob, ":1.2", "b", 1);
    EXPECT_EQ(all_of(queue), "abaa");
}

TEST(FairQueue, LetsConnectionsOfOneUserTakeTurnsAndGivesThemNoMoreThanAnotherUsers) {
    FairQueue<std::string> queue({10, 10, 100});
    for (const char* item : {"a", "a", "a"})
        queue.push(alice, ":1.1", item, 1);
    queue.push(alice, ":1.3", "c", 1);
    for (const char* item : {"b", "b"})
        queue.push(bob, ":1.2", item, 1);
    EXPECT_EQ(all_of(queue), "abcbaa");
}

TEST(FairQueue, RefusesAConnectionsTooManyAndTakesTheUsersOthers) {
    FairQueue<std::string> queue({2, 10, 100});
    EXPECT_TRUE(queue.push(alice, ":1.1", "a", 1));
    EXPECT_TRUE(queue.push(alice, ":1.1", "a", 1));
    EXPECT_FALSE(queue.push(alice, ":1.1", "a", 1));
    EXPECT_TRUE(queue.push(alice, ":1.3", "c", 1));
    EXPECT_EQ(all_of(queue), "aca");
}

TEST(FairQueue, RefusesAUsersTooManyAndTakesAnothers) {
    FairQueue<std::string> queue({10, 2, 100});
    EXPECT_TRUE(queue.push(alice, ":1.1", "a", 1));
    EXPECT_TRUE(queue.push(alice, ":1.3", "c", 1));
    EXPECT_FALSE(queue.push(alice, ":1.4", "d", 1));
    EXPECT_TRUE(queue.push(bob, ":1.2", "b", 1));
    EXPECT_EQ(all_of(queue), "abc");
}

TEST(FairQueue, BoundsTheBytesOfAUserButTakesOneOfAnySize) {
    FairQueue<std::string> queue({10, 10, 100});
    EXPECT_TRUE(queue.push(alice, ":1.1", "a", 1000));
    EXPECT_FALSE(queue.push(alice, ":1.1", "a", 1));
    EXPECT_TRUE(queue.push(bob, ":1.2", "b", 60));
    EXPECT_FALSE(queue.push(bob, ":1.2", "b", 41));
    EXPECT_TRUE(queue.push(bob, ":1.2", "b", 40));
    EXPECT_EQ(all_of(queue), "abb");
    EXPECT_TRUE(queue.push(alice, ":1.1", "a", 100)) << "what was taken counts no longer";
}

TEST(FairQueue, WhatMayNotGoKeepsItsPlaceAndHoldsUpItsOwnConnectionOnly) {
    FairQueue<std::string> queue({10, 10, 100});
    for (const char* item : {"S", "a"})
        queue.push(alice, ":1.1", item, 1);
    queue.push(alice, ":1.3", "c", 1);
    queue.push(bob, ":1.2", "b", 1);
    const auto is_small = [](const std::string& item) { return item != "S"; };
    EXPECT_EQ(queue.pop_if(is_small), "c");
    EXPECT_EQ(queue.pop_if(is_small), "b");
    EXPECT_EQ(queue.pop_if(is_small), std::nullopt) << "a came after S, from the same connection";
    EXPECT_EQ(all_of(queue), "Sa");
}

TEST(FairQueue, HasNothingWhenNothingWaits) {
    FairQueue<std::string> queue({10, 10, 100});
    EXPECT_EQ(queue.pop(), std::nullopt);
}

} // namespace
} // namespace plugtone
