#include "agent/journal.hpp"

#include <memory>

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
    void add(long long time, const std::string& mac, const std::string& owner = "") {
        Event event{EventKind::transfer_done, {{"NAME", "cfg.xml"}, {"MAC", mac}}};
        if (!owner.empty())
            event.fields.emplace_back("OWNER", owner);
        journal_->add({time, event});
    }
    std::vector<long long> times(int count_max = 100) {
        std::vector<long long> times;
        for (const JournalEntry& entry : journal_->of(phone, count_max))
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
    std::unique_ptr<Journal> journal_ = std::make_unique<Journal>(inventory_.database());
};

TEST_F(JournalTest, GivesAnEventBackAsItCame) {
    const Event event{EventKind::offered,
                      {{"MAC", "000b82123456"}, {"LEFT_OUT", "66"}, {"LEFT_OUT", "43"}}};
    journal_->add({1700000000, event});
    const auto entries = journal_->of(phone, 10);
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
    const soci::transaction transaction(inventory_.database());
    add(1, "000b82123456");
    add(2, "000b82123456");
    // As if as many had come as it holds, less a handful.
    inventory_.database() << "INSERT INTO journal SELECT 1001, 3, mac, owner, event FROM journal "
                             "LIMIT 1";
    inventory_.database() << "UPDATE journal SET id = 100998 WHERE id = 2";
    journal_ = std::make_unique<Journal>(inventory_.database());
    add(4, "000b82123456");
    EXPECT_EQ(rows(), 4);
    add(5, "000b82123456");
    EXPECT_THAT(times(), ElementsAre(3, 2, 4, 5)) << "the last 100 000 stay";
}

TEST_F(JournalTest, AnEntryThatThisReleaseCannotReadIsLeftOut) {
    add(1, "000b82123456");
    inventory_.database() << "INSERT INTO journal (time, mac, owner, event) VALUES "
                             "(2, '000b82123456', '', 'EVENT=of-tomorrow')";
    EXPECT_THAT(times(), ElementsAre(1));
}

} // namespace
} // namespace plugtone
