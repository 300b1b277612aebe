#include "agent/journal.hpp"

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using testing::ElementsAre;
using testing::IsEmpty;

const Mac phone = mac_of("000b82123456");

class JournalTest : public testing::Test {
protected:
    void add(long long time, const std::string& mac, const std::string& owner = "",
             bool is_known = true) {
        Event event{EventKind::transfer_done, {{"NAME", "cfg.xml"}, {"MAC", mac}}};
        if (!owner.empty())
            event.fields.emplace_back("OWNER", owner);
        journal_.add({{time, event, is_known}});
    }
    std::vector<long long> times(int count_max = 100) {
        std::vector<long long> times;
        for (const JournalEntry& entry : journal_.of(phone, count_max))
            times.push_back(entry.time);
        return times;
    }
    long long rows() {
        long long count = 0;
        inventory_.database() << "SELECT COUNT(*) FROM journal", soci::into(count);
        return count;
    }

    test::TempFolder folder_;
    Inventory inventory_{folder_.path("db"), test::test_box()};
    Journal journal_{inventory_.database(), {.rows_max = 3, .age_max_s = 1000}};
};

TEST_F(JournalTest, GivesAnEventBackAsItCame) {
    const Event event{EventKind::offered,
                      {{"MAC", "000b82123456"}, {"LEFT_OUT", "66"}, {"LEFT_OUT", "43"}}};
    journal_.add({{1700000000, event}});
    const auto entries = journal_.of(phone, 10);
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].time, 1700000000);
    EXPECT_EQ(entries[0].event.kind, EventKind::offered);
    EXPECT_EQ(entries[0].event.fields, event.fields);
}

TEST_F(JournalTest, IsOfWhatTheDeviceDidAndOfWhatOthersDidWithItsFiles) {
    add(1, "000b82123456");
    add(2, "000b82000001");
    add(3, "000b82000001", "000b82123456");
    add(4, "", "000b82123456");
    add(5, "000b82123456", "000b82123456");
    add(6, "", "000b82000001");
    EXPECT_THAT(times(), ElementsAre(1, 3, 4, 5));
}

TEST_F(JournalTest, GivesTheNewestOldestFirst) {
    for (long long time = 1; time <= 5; ++time)
        add(time, "000b82123456");
    EXPECT_THAT(times(2), ElementsAre(4, 5));
    EXPECT_THAT(times(0), IsEmpty());
}

TEST_F(JournalTest, IsBoundedAndTheOldestGoFirst) {
    for (long long time = 1; time <= 3; ++time)
        add(time, "000b82123456");
    EXPECT_FALSE(journal_.trim(10));
    add(4, "000b82123456");
    add(5, "000b82123456");
    EXPECT_TRUE(journal_.trim(10));
    EXPECT_THAT(times(), ElementsAre(3, 4, 5));
    EXPECT_FALSE(journal_.trim(10));
    EXPECT_EQ(journal_.rows(), rows());
}

// Or whoever fills the wire with made-up phones would take away what is known of ours.
TEST_F(JournalTest, StrangersGoBeforeOurOwn) {
    add(1, "000b82123456");
    for (long long time = 2; time <= 6; ++time)
        add(time, "000b82000001", "", false);
    EXPECT_TRUE(journal_.trim(10));
    EXPECT_THAT(times(), ElementsAre(1));
    EXPECT_EQ(rows(), 3) << "the newest of the strangers' are there";
    for (long long time = 7; time <= 9; ++time)
        add(time, "000b82123456");
    EXPECT_TRUE(journal_.trim(10));
    EXPECT_THAT(times(), ElementsAre(7, 8, 9)) << "no stranger is left; then the oldest go";
}

TEST_F(JournalTest, ForgetsWhatIsTooOld) {
    add(1, "000b82123456");
    add(999, "000b82123456");
    EXPECT_FALSE(journal_.trim(1001));
    EXPECT_TRUE(journal_.trim(1002));
    EXPECT_THAT(times(), ElementsAre(999));
    EXPECT_EQ(journal_.rows(), 1);
}

TEST_F(JournalTest, IsTrimmedInSteps) {
    soci::transaction transaction(inventory_.database());
    std::vector<JournalEntry> many(2 * Journal::trim_step + 4, {5, {EventKind::leased, {}}});
    journal_.add(many);
    EXPECT_TRUE(journal_.trim(10));
    EXPECT_EQ(rows(), Journal::trim_step + 4);
    EXPECT_TRUE(journal_.trim(10));
    EXPECT_TRUE(journal_.trim(10));
    EXPECT_FALSE(journal_.trim(10));
    EXPECT_EQ(rows(), 3);
}

TEST_F(JournalTest, KnowsItsRowsAfterARollBack) {
    {
        const soci::transaction transaction(inventory_.database());
        add(1, "000b82123456");
    }
    journal_.recount();
    EXPECT_EQ(journal_.rows(), 0);
    add(2, "000b82123456");
    EXPECT_EQ(Journal(inventory_.database()).rows(), 1);
}

TEST_F(JournalTest, AnEntryThatThisReleaseCannotReadIsLeftOut) {
    add(1, "000b82123456");
    inventory_.database() << "INSERT INTO journal (time, mac, owner, event) VALUES "
                             "(2, '000b82123456', '', 'EVENT=of-tomorrow')";
    EXPECT_THAT(times(), ElementsAre(1));
}

} // namespace
} // namespace plugtone
