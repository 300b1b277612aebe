#include "agent/unknown_phones.hpp"

#include <array>
#include <cstdio>

#include <gtest/gtest.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

constexpr long long start = 1'700'000'000;

Mac numbered(unsigned number) {
    std::array<char, 13> text{};
    std::snprintf(text.data(), text.size(), "000b82%06x", number);
    return test::mac_of(text.data());
}

class UnknownPhonesTest : public testing::Test {
protected:
    void fill(Interest interest, unsigned first = 0) {
        for (unsigned at = 0; at < UnknownPhones::phones_max; ++at)
            phones_.see(numbered(first + at), interest, start + at);
    }
    int rows() {
        soci::transaction transaction(inventory_.database());
        phones_.store();
        transaction.commit();
        phones_.stored();
        int count = 0;
        inventory_.database() << "SELECT COUNT(*) FROM unknown_phone", soci::into(count);
        return count;
    }

    test::TempFolder folder_;
    Inventory inventory_{folder_.path("db"), test::test_box()};
    UnknownPhones phones_{inventory_.database()};
};

TEST_F(UnknownPhonesTest, RemembersFirstAndLastAndSurvivesARestart) {
    EXPECT_TRUE(phones_.see(numbered(1), Interest::recognised, start).kept);
    EXPECT_TRUE(phones_.see(numbered(1), Interest::stranger, start + 60).kept);
    EXPECT_EQ(rows(), 1);
    const UnknownPhones again(inventory_.database());
    ASSERT_EQ(again.all().size(), 1U);
    const UnknownPhone& phone = again.all().begin()->second;
    EXPECT_EQ(phone.first_seen, start);
    EXPECT_EQ(phone.last_seen, start + 60);
    EXPECT_EQ(phone.interest, Interest::recognised) << "the highest that it had";
}

TEST_F(UnknownPhonesTest, AFloodOfMadeUpAddressesDrivesOutNoPhone) {
    phones_.see(numbered(0xF00001), Interest::recognised, start);
    phones_.see(numbered(0xF00002), Interest::present, start);
    for (unsigned at = 0; at < 5000; ++at)
        phones_.see(numbered(at), Interest::stranger, start + at);
    EXPECT_EQ(phones_.all().size(), UnknownPhones::phones_max);
    EXPECT_EQ(rows(), static_cast<int>(UnknownPhones::phones_max));
    EXPECT_TRUE(phones_.all().contains(numbered(0xF00001)));
    EXPECT_TRUE(phones_.all().contains(numbered(0xF00002)));
    EXPECT_TRUE(phones_.all().contains(numbered(4999))) << "of the strangers, the newest";
}

TEST_F(UnknownPhonesTest, AFloodThatClaimsToBePhonesFindsNoPlace) {
    fill(Interest::recognised);
    const auto seen = phones_.see(numbered(0xF00001), Interest::recognised, start + 2000);
    EXPECT_FALSE(seen.kept);
    EXPECT_EQ(phones_.all().size(), UnknownPhones::phones_max);
}

TEST_F(UnknownPhonesTest, APhoneThatIsThereComesBeforeOnesThatOnlyClaimIt) {
    fill(Interest::recognised);
    const auto seen = phones_.see(numbered(0xF00001), Interest::present, start + 2000);
    EXPECT_TRUE(seen.kept);
    EXPECT_EQ(seen.made_place, numbered(0)) << "the one that was silent the longest";
    EXPECT_FALSE(phones_.all().contains(numbered(0)));
    EXPECT_EQ(rows(), static_cast<int>(UnknownPhones::phones_max));
}

TEST_F(UnknownPhonesTest, WhatHasBeenSilentForLongMakesPlaceForItsLike) {
    fill(Interest::recognised);
    const long long later = start + UnknownPhones::silent_s + 1;
    EXPECT_EQ(phones_.see(numbered(0xF00001), Interest::recognised, later).made_place, numbered(0));
    EXPECT_FALSE(phones_.see(numbered(0xF00002), Interest::recognised, later).kept)
        << "the next one was heard of less than that ago";
}

TEST_F(UnknownPhonesTest, AStrangerTakesTheOldestStrangersPlace) {
    fill(Interest::stranger);
    EXPECT_EQ(phones_.see(numbered(0xF00001), Interest::stranger, start + 5000).made_place,
              numbered(0));
}

TEST_F(UnknownPhonesTest, WhatIsForgottenIsGoneFromTheDatabase) {
    phones_.see(numbered(1), Interest::present, start);
    phones_.forget(numbered(1));
    phones_.forget(numbered(2));
    EXPECT_TRUE(phones_.all().empty());
    EXPECT_EQ(rows(), 0);
    phones_.see(numbered(1), Interest::stranger, start + 1);
    EXPECT_EQ(phones_.all().begin()->second.first_seen, start + 1);
}

TEST_F(UnknownPhonesTest, WhatWasNotSeenForLongIsForgotten) {
    phones_.see(numbered(1), Interest::present, start);
    phones_.see(numbered(2), Interest::present, start + 1);
    phones_.forget_before(start + 1);
    EXPECT_EQ(phones_.all().size(), 1U);
    EXPECT_EQ(rows(), 1);
}

TEST_F(UnknownPhonesTest, WhatTheDatabaseDidNotTakeItTakesTheNextTime) {
    phones_.see(numbered(1), Interest::present, start);
    {
        soci::transaction transaction(inventory_.database());
        phones_.store();
    } // taken back
    EXPECT_EQ(rows(), 1);
}

} // namespace
} // namespace plugtone
