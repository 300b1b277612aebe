#include "agent/resync.hpp"

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using namespace std::chrono_literals;
using test::mac_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Mac one = mac_of("000b82000001");
const SipEndpoint phone{Ipv4{0xC0000207}, 5060};

class ResyncTest : public testing::Test {
protected:
    void add(const Mac& mac = one, const SipEndpoint& to = phone) {
        resync_->add({{mac, to, "check-sync"}}, now_);
    }
    void limit(ResyncLimits limits) {
        resync_ = std::make_unique<Resync>(limits, [this] { return std::to_string(++calls_); });
    }
    // Datagrams that go out as time goes by, with the milliseconds since now.
    std::vector<long> sent_within(std::chrono::milliseconds time) {
        std::vector<long> at;
        for (auto passed = 0ms; passed <= time; passed += 1ms) {
            const auto out = resync_->on_time(now_ + passed);
            for (std::size_t i = 0; i < out.size(); ++i)
                at.push_back(passed.count());
        }
        now_ += time;
        return at;
    }
    void answer(int status, const SipEndpoint& from = phone, const std::string& call_id = "1",
                const std::string& method = "NOTIFY") {
        resync_->on_response(from, {status, "why", "z9hG4bK" + call_id, call_id, method}, now_);
    }
    std::string outcome(const Mac& mac = one) const {
        return std::string(resync_outcome_name(resync_->reports().at(mac).outcome));
    }

    int calls_ = 0;
    Resync::Time now_{1h};
    std::unique_ptr<Resync> resync_;
    ResyncTest() { limit({}); }
};

TEST_F(ResyncTest, NotifiesAndIsDoneWithTheFetch) {
    EXPECT_TRUE(resync_->is_idle());
    EXPECT_FALSE(resync_->due());
    add();
    EXPECT_EQ(outcome(), "waiting");
    EXPECT_EQ(resync_->due(), now_);
    const auto out = resync_->on_time(now_);
    ASSERT_THAT(out, SizeIs(1));
    EXPECT_EQ(out[0].to, phone);
    EXPECT_EQ(out[0].event, "check-sync");
    EXPECT_EQ(outcome(), "notified");
    answer(200);
    EXPECT_EQ(outcome(), "answered");
    EXPECT_EQ(resync_->reports().at(one).status, 200);
    resync_->on_fetch(one);
    EXPECT_EQ(outcome(), "fetched");
    EXPECT_TRUE(resync_->is_idle());
    EXPECT_FALSE(resync_->due());
}

// Section 17.1.2.2: timer E doubles from T1 up to T2, timer F ends it.
TEST_F(ResyncTest, RepeatsByRfc3261UntilItGivesUp) {
    add();
    EXPECT_THAT(sent_within(31'999ms),
                ElementsAre(0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500));
    EXPECT_EQ(outcome(), "notified");
    EXPECT_THAT(sent_within(1ms), IsEmpty());
    EXPECT_EQ(outcome(), "silent");
    EXPECT_EQ(resync_->reports().at(one).sent, 11);
    EXPECT_TRUE(resync_->is_idle());
}

TEST_F(ResyncTest, AProvisionalResponseMakesRepetitionsRare) {
    add();
    resync_->on_time(now_);
    answer(100);
    EXPECT_EQ(outcome(), "notified");
    EXPECT_THAT(sent_within(9000ms), ElementsAre(4000, 8000));
}

TEST_F(ResyncTest, RepeatsNothingAfterAnAnswerAndWaitsForTheFetch) {
    limit({.per_second = 10, .at_once = 50, .fetch_within = 60s});
    add();
    resync_->on_time(now_);
    answer(401);
    EXPECT_THAT(sent_within(59'999ms), IsEmpty());
    EXPECT_EQ(outcome(), "answered");
    EXPECT_EQ(resync_->reports().at(one).detail, "why");
    EXPECT_THAT(sent_within(1ms), IsEmpty());
    EXPECT_EQ(outcome(), "ignored");
}

TEST_F(ResyncTest, AFetchWithoutAnAnswerCountsAllTheSame) {
    add();
    resync_->on_time(now_);
    resync_->on_fetch(one);
    EXPECT_EQ(outcome(), "fetched");
    EXPECT_THAT(sent_within(40'000ms), IsEmpty());
}

TEST_F(ResyncTest, TakesAnswersOfThatPhoneToThatRequestOnly) {
    add();
    resync_->on_time(now_);
    answer(200, {Ipv4{0xC0000299}, 5060});
    answer(200, phone, "2");
    answer(200, phone, "1", "BYE");
    resync_->on_response(phone, {200, "", "z9hG4bKother", "1", "NOTIFY"}, now_);
    EXPECT_EQ(outcome(), "notified");
    answer(200, {phone.address, 5999});
    EXPECT_EQ(outcome(), "answered") << "from another of its ports, as behind its own firewall";
    answer(486);
    EXPECT_EQ(resync_->reports().at(one).status, 200) << "the first one counts";
}

TEST_F(ResyncTest, SendsNoFasterThanItMay) {
    limit({.per_second = 10, .at_once = 1000, .fetch_within = 60s});
    for (int i = 1; i <= 25; ++i)
        add(mac_of(("000b820000" + std::to_string(10 + i)).c_str()));
    const auto sent = sent_within(2399ms);
    EXPECT_LE(sent.size(), 24U);
    EXPECT_GE(sent.size(), 23U) << "and no slower";
    for (std::size_t i = 1; i < sent.size(); ++i)
        EXPECT_GE(sent[i] - sent[i - 1], 100);
}

TEST_F(ResyncTest, GoesInWaves) {
    limit({.per_second = 1000, .at_once = 2, .fetch_within = 60s});
    const Mac two = mac_of("000b82000002"), three = mac_of("000b82000003");
    for (const Mac& mac : {one, two, three})
        add(mac);
    sent_within(100ms);
    EXPECT_EQ(outcome(two), "notified");
    EXPECT_EQ(outcome(three), "waiting");
    answer(200);
    sent_within(100ms);
    EXPECT_EQ(outcome(three), "waiting") << "the first has answered, and not fetched";
    resync_->on_fetch(one);
    sent_within(100ms);
    EXPECT_EQ(outcome(three), "notified");
}

TEST_F(ResyncTest, SaysWhatCannotBeSent) {
    add();
    resync_->on_time(now_);
    resync_->failed(one, "no way there");
    EXPECT_EQ(outcome(), "failed");
    EXPECT_EQ(resync_->reports().at(one).detail, "no way there");
    EXPECT_TRUE(resync_->is_idle());
}

TEST_F(ResyncTest, TellsWhoseOutcomeHasChanged) {
    add();
    EXPECT_THAT(resync_->take_changed(), ElementsAre(one));
    EXPECT_THAT(resync_->take_changed(), IsEmpty());
    resync_->on_time(now_);
    answer(200);
    EXPECT_THAT(resync_->take_changed(), ElementsAre(one));
}

TEST_F(ResyncTest, OneThatIsAddedAgainBeginsAnew) {
    add();
    resync_->on_time(now_);
    answer(200);
    add();
    EXPECT_EQ(outcome(), "waiting");
    sent_within(200ms);
    EXPECT_EQ(outcome(), "notified");
    EXPECT_EQ(resync_->reports().at(one).sent, 1);
    answer(200, phone, "1");
    EXPECT_EQ(outcome(), "notified") << "that was the answer to the first";
    answer(200, phone, "2");
    EXPECT_EQ(outcome(), "answered");
}

TEST_F(ResyncTest, ReportsOfWhatIsDoneGoWithTheNext) {
    add();
    resync_->on_time(now_);
    resync_->on_fetch(one);
    add(mac_of("000b82000002"));
    EXPECT_THAT(resync_->reports(), SizeIs(1));
}

} // namespace
} // namespace plugtone
