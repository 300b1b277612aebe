#include "agent/journey.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* own = "000b82123456";
constexpr const char* other = "000b82000001";
constexpr const char* own_file = "cfg000b82123456.xml";

// One phone, its clock and the live generation.
class Phone : public testing::Test {
protected:
    void happens(EventKind kind, std::vector<std::pair<std::string, std::string>> fields = {},
                 long long after_s = 1) {
        now_ += after_s;
        fields.insert(fields.begin(), {"MAC", own});
        journey_ = rules_.on_event(journey_, {kind, std::move(fields)}, live_, now_);
    }
    void offer() { happens(EventKind::offered, {{"MESSAGE", "OFFER"}}); }
    void lease() { happens(EventKind::leased, {{"IP", "192.0.2.7"}}); }
    void transfer(EventKind kind, const std::string& name, const char* owner = "",
                  const std::string& hash = "", long long after_s = 1) {
        happens(kind, {{"NAME", name}, {"OWNER", owner}, {"SHA256", hash}, {"REASON", "why"}},
                after_s);
    }
    void fetch(const std::string& hash = "new", long long after_s = 1) {
        transfer(EventKind::transfer_started, own_file, own, hash, after_s);
        transfer(EventKind::transfer_done, own_file, own, hash, 0);
    }
    void asks_in_vain(const std::string& name) { transfer(EventKind::transfer_absent, name); }
    void boot(const std::string& hash = "new") {
        offer();
        lease();
        asks_in_vain("cfg000b82123456");
        fetch(hash);
    }
    // A phone that has been up to date for long.
    void be_up_to_date() {
        boot();
        pass(1000);
        ASSERT_EQ(state(), "up-to-date");
    }
    void pass(long long seconds) {
        now_ += seconds;
        journey_ = rules_.on_time(journey_, live_, now_);
    }
    void publish(const std::string& hash) {
        live_.sha256 = {hash};
        journey_ = rules_.on_publish(journey_, live_, ++now_);
    }
    std::string state() const {
        return (journey_.is_stuck() ? "stuck at " : "") + std::string(state_name(journey_.state));
    }

    JourneyLimits limits_;
    JourneyRules rules_{limits_};
    OwnFiles live_{{"new"}, true};
    Journey journey_;
    long long now_ = 1'700'000'000;
};

TEST(StateName, ComesBackAndNothingElseDoes) {
    for (const State state : {State::unseen, State::seen, State::offered, State::leased,
                              State::asked, State::fetched, State::outdated, State::up_to_date})
        EXPECT_EQ(state_named(state_name(state)), state);
    EXPECT_EQ(state_name(State::up_to_date), "up-to-date");
    EXPECT_FALSE(state_named(""));
    EXPECT_FALSE(state_named("Unseen"));
    EXPECT_FALSE(state_named("configured"));
}

TEST_F(Phone, GoesTheWholeWay) {
    EXPECT_EQ(state(), "unseen");
    offer();
    EXPECT_EQ(state(), "offered");
    lease();
    EXPECT_EQ(state(), "leased");
    asks_in_vain("cfg000b82123456");
    EXPECT_EQ(state(), "asked");
    fetch();
    EXPECT_EQ(state(), "fetched") << "whether it can read it is not known yet";
    EXPECT_EQ(journey_.since, now_);
    pass(limits_.settle_s - 1);
    EXPECT_EQ(state(), "fetched");
    pass(1);
    EXPECT_EQ(state(), "up-to-date");
    EXPECT_FALSE(rules_.due(journey_)) << "nothing more has to follow";
}

TEST_F(Phone, IsStuckWithoutAnAddress) {
    offer();
    EXPECT_EQ(rules_.due(journey_), now_ + limits_.lease_s);
    pass(limits_.lease_s);
    EXPECT_EQ(state(), "stuck at offered");
    EXPECT_EQ(journey_.stuck_since, now_);
    EXPECT_THAT(journey_.why, HasSubstr("another DHCP server"));
    offer(); // again and again
    EXPECT_EQ(state(), "stuck at offered");
    lease();
    EXPECT_EQ(state(), "leased");
    EXPECT_THAT(journey_.why, IsEmpty());
}

TEST_F(Phone, SaysWhatTheAnswerHadNoRoomFor) {
    happens(EventKind::offered, {{"MESSAGE", "OFFER"}, {"LEFT_OUT", "66"}, {"LEFT_OUT", "43"}});
    lease();
    pass(limits_.ask_s);
    EXPECT_EQ(state(), "stuck at leased");
    EXPECT_THAT(journey_.why, HasSubstr("option 66, 43"));
}

TEST_F(Phone, IsStuckWhenItAsksForNothing) {
    offer();
    lease();
    pass(limits_.ask_s - 1);
    EXPECT_EQ(state(), "leased");
    pass(1);
    EXPECT_EQ(state(), "stuck at leased");
    EXPECT_THAT(journey_.why, HasSubstr("P145"));
}

TEST_F(Phone, IsStuckWithNamesThatDoNotExist) {
    offer();
    lease();
    asks_in_vain("old_cfg000b82123456");
    asks_in_vain("old_cfg000b82123456.xml");
    asks_in_vain("old_cfg000b82123456.xml");
    asks_in_vain("old_cfg.xml");
    pass(limits_.fetch_s);
    EXPECT_EQ(state(), "stuck at asked");
    EXPECT_THAT(
        journey_.why,
        HasSubstr("does not exist: old_cfg000b82123456 old_cfg000b82123456.xml old_cfg.xml."));
    offer(); // it boots again, now with the right names
    asks_in_vain("cfg000b82123456");
    EXPECT_EQ(journey_.missing, "cfg000b82123456");
}

TEST_F(Phone, KeepsABoundOnWhatStrangersAskFor) {
    offer();
    lease();
    for (int i = 0; i < 1000; ++i)
        asks_in_vain("name-" + std::to_string(i));
    EXPECT_LT(journey_.missing.size(), 200U);
}

TEST_F(Phone, IsStuckWithTheGenericFileAlone) {
    offer();
    lease();
    transfer(EventKind::transfer_started, "cfg.xml");
    EXPECT_EQ(state(), "asked");
    transfer(EventKind::transfer_done, "cfg.xml");
    EXPECT_EQ(state(), "asked");
    pass(limits_.fetch_s);
    EXPECT_EQ(state(), "stuck at asked");
}

TEST_F(Phone, IsStuckAtOnceWhenItsFileDoesNotGetThrough) {
    offer();
    lease();
    transfer(EventKind::transfer_started, own_file, own);
    transfer(EventKind::transfer_failed, own_file, own);
    EXPECT_EQ(state(), "stuck at asked");
    EXPECT_THAT(journey_.why, HasSubstr("cfg000b82123456.xml did not get through: why"));
    fetch();
    EXPECT_EQ(state(), "fetched") << "the next try did it";
}

TEST_F(Phone, IsStuckAtOnceWhenItsFileIsRefused) {
    offer();
    lease();
    transfer(EventKind::transfer_refused, own_file, own);
    EXPECT_EQ(state(), "stuck at asked");
    EXPECT_THAT(journey_.why, HasSubstr("was refused: why"));
}

TEST_F(Phone, IsNotMovedByAnothersFile) {
    be_up_to_date();
    for (const EventKind kind : {EventKind::transfer_started, EventKind::transfer_done,
                                 EventKind::transfer_failed, EventKind::transfer_refused}) {
        transfer(kind, "cfg000b82000001.xml", other, "other");
        EXPECT_EQ(state(), "up-to-date");
    }
    EXPECT_EQ(journey_.fetched, "new");
}

// It decrypts nothing, so it tries again and again.
TEST_F(Phone, CannotReadWhatItFetchesEveryFewSeconds) {
    boot();
    fetch("new", 8);
    EXPECT_EQ(state(), "fetched") << "twice may be a reboot that the file asked for";
    fetch("new", 8);
    EXPECT_EQ(state(), "stuck at fetched");
    EXPECT_THAT(journey_.why, HasSubstr("P1359"));
    pass(100'000);
    EXPECT_EQ(state(), "stuck at fetched") << "it has only given up";
    fetch("new", 1); // the operator has entered the password
    EXPECT_EQ(state(), "fetched");
    pass(limits_.settle_s);
    EXPECT_EQ(state(), "up-to-date");
}

TEST_F(Phone, CannotReadWhatItFetchesInEachOfItsReboots) {
    boot();
    boot();
    boot();
    EXPECT_EQ(state(), "stuck at fetched");
}

TEST_F(Phone, MayRebootOnceForItsNewSettings) {
    boot();
    pass(10);
    boot();
    pass(limits_.settle_s);
    EXPECT_EQ(state(), "up-to-date");
}

TEST_F(Phone, IsDoubtedWhenItTakesTheGenericFileRightAfterItsOwn) {
    boot();
    transfer(EventKind::transfer_done, "gs_cfg.xml_1");
    pass(limits_.settle_s);
    EXPECT_EQ(state(), "stuck at fetched");
    EXPECT_THAT(journey_.why, HasSubstr("gs_cfg.xml_1"));
}

TEST_F(Phone, IsNotDoubtedForFirmware) {
    boot();
    transfer(EventKind::transfer_done, "gxp2160fw.bin");
    pass(limits_.settle_s);
    EXPECT_EQ(state(), "up-to-date");
}

TEST_F(Phone, IsOutdatedWithAnOlderFile) {
    boot("old");
    EXPECT_EQ(state(), "fetched");
    pass(limits_.settle_s);
    EXPECT_EQ(state(), "outdated");
    pass(limits_.poll_s - 1);
    EXPECT_EQ(state(), "outdated");
    pass(1);
    EXPECT_EQ(state(), "stuck at outdated");
    EXPECT_THAT(journey_.why, HasSubstr("resync"));
}

TEST_F(Phone, IsOutdatedByAPublishUntilItFetchesAnew) {
    be_up_to_date();
    publish("newer");
    EXPECT_EQ(state(), "outdated");
    fetch("new", 100);
    EXPECT_EQ(state(), "outdated") << "an answer that was under way, or from a cache";
    fetch("newer", 100);
    EXPECT_EQ(state(), "fetched");
    pass(limits_.settle_s);
    EXPECT_EQ(state(), "up-to-date");
}

TEST_F(Phone, IsUpToDateAgainWhenThePublishIsTakenBack) {
    be_up_to_date();
    publish("newer");
    publish("new");
    EXPECT_EQ(state(), "up-to-date");
}

TEST_F(Phone, HasNothingToBeOutdatedByWithoutFiles) {
    be_up_to_date();
    live_ = {};
    journey_ = rules_.on_publish(journey_, live_, now_);
    EXPECT_EQ(state(), "up-to-date");
}

TEST_F(Phone, PollsWithoutLeavingItsState) {
    be_up_to_date();
    const long long since = journey_.since;
    fetch("new", 3600);
    EXPECT_EQ(state(), "up-to-date");
    EXPECT_EQ(journey_.since, since);
}

TEST_F(Phone, WithAnXmlFileIsNotDoneByTheBinaryOne) {
    offer();
    lease();
    transfer(EventKind::transfer_started, "cfg000b82123456", own, "binary");
    transfer(EventKind::transfer_done, "cfg000b82123456", own, "binary");
    EXPECT_EQ(state(), "asked");
    live_ = {{"binary"}, false};
    transfer(EventKind::transfer_done, "cfg000b82123456", own, "binary");
    EXPECT_EQ(state(), "fetched") << "it has no other";
}

TEST_F(Phone, BeginsAnewWithEachOffer) {
    be_up_to_date();
    offer();
    EXPECT_EQ(state(), "offered");
}

TEST_F(Phone, IsNotSeenToBootByARenewal) {
    happens(EventKind::offered, {{"MESSAGE", "ACK"}});
    lease();
    EXPECT_EQ(state(), "seen");
    asks_in_vain("phonebook.xml");
    pass(1'000'000);
    EXPECT_EQ(state(), "seen") << "it may have its file since long ago";
    fetch();
    EXPECT_EQ(state(), "fetched");
    pass(limits_.settle_s);
    happens(EventKind::offered, {{"MESSAGE", "ACK"}});
    lease();
    EXPECT_EQ(state(), "up-to-date");
}

TEST_F(Phone, IsStuckWhenDhcpRefusesItsAddress) {
    happens(EventKind::refused);
    EXPECT_EQ(state(), "seen");
    pass(limits_.lease_s);
    EXPECT_EQ(state(), "stuck at seen");
    EXPECT_THAT(journey_.why, HasSubstr("refused the address"));
    offer();
    EXPECT_EQ(state(), "offered");
}

TEST_F(Phone, IsStuckWhenSomebodyElseHasItsAddress) {
    offer();
    lease();
    happens(EventKind::released, {{"IP", "192.0.2.7"}, {"REASON", "decline"}});
    pass(limits_.lease_s);
    EXPECT_EQ(state(), "stuck at seen");
    EXPECT_THAT(journey_.why, HasSubstr("declined 192.0.2.7"));
}

TEST_F(Phone, ThatLeavesBeforeItAskedIsNotStuck) {
    offer();
    lease();
    happens(EventKind::released, {{"REASON", "release"}});
    pass(1'000'000);
    EXPECT_EQ(state(), "seen");
}

TEST_F(Phone, ThatIsStuckStaysSoWhenItIsUnplugged) {
    offer();
    lease();
    pass(limits_.ask_s);
    happens(EventKind::released, {{"REASON", "expire"}});
    EXPECT_EQ(state(), "stuck at leased");
}

// What happened while the agent was down is not known: nobody is stuck for that.
TEST_F(Phone, HasAllItsTimeAfterARestartOfTheAgent) {
    offer();
    now_ += 1'000'000;
    rules_ = JourneyRules(limits_, now_);
    pass(limits_.lease_s - 1);
    EXPECT_EQ(state(), "offered");
    pass(1);
    EXPECT_EQ(state(), "stuck at offered");
}

} // namespace
} // namespace plugtone
