#include "agent/device_states.hpp"

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* own = "000b82123456";
constexpr const char* other = "000b82000001";

Event event_of(EventKind kind, std::vector<std::pair<std::string, std::string>> fields = {}) {
    fields.insert(fields.begin(), {"MAC", own});
    return {kind, std::move(fields)};
}
const Event offer = event_of(EventKind::offered, {{"MESSAGE", "OFFER"}});
const Event lease = event_of(EventKind::leased, {{"IP", "192.0.2.7"}});
const Event fetched = event_of(EventKind::transfer_done,
                               {{"NAME", "cfg000b82123456.xml"}, {"OWNER", own}, {"SHA256", "a"}});

TEST(Noted, RemembersWhatWasSeen) {
    const DeviceState offered = noted(
        {},
        event_of(EventKind::offered, {{"MESSAGE", "OFFER"}, {"VENDOR_CLASS", "Grandstream GXP"}}),
        200);
    EXPECT_EQ(offered.vendor_class, "Grandstream GXP");
    EXPECT_EQ(offered.last_seen, 200);
    const DeviceState leased = noted(offered, lease, 201);
    EXPECT_EQ(leased.address, "192.0.2.7");
    EXPECT_EQ(leased.vendor_class, "Grandstream GXP");
    const DeviceState released =
        noted(leased, event_of(EventKind::released, {{"REASON", "release"}}), 202);
    EXPECT_EQ(released.address, "");
    EXPECT_EQ(released.last_seen, 202);
}

TEST(Noted, KnowsADeviceByAllThatAClassMayRecogniseItBy) {
    const Event event = event_of(EventKind::offered, {{"MESSAGE", "OFFER"},
                                                      {"VENDOR_CLASS", "GXP"},
                                                      {"USER_CLASS", "voice"},
                                                      {"HOSTNAME", "desk-7"},
                                                      {"KEA_CLASS", "lobby"},
                                                      {"KEA_CLASS", "first floor"}});
    const DeviceState state = noted({}, event, 1);
    EXPECT_EQ(state.identity(mac_of(own)),
              (Identity{mac_of(own), "GXP", "voice", {}, "desk-7", {"lobby", "first floor"}}));
    const DeviceState renewed = noted(state, event_of(EventKind::offered, {{"MESSAGE", "ACK"}}), 2);
    EXPECT_EQ(renewed.identity(mac_of(own)), state.identity(mac_of(own)));
    const DeviceState moved = noted(
        state, event_of(EventKind::offered, {{"MESSAGE", "OFFER"}, {"VENDOR_CLASS", "GXP"}}), 3);
    EXPECT_EQ(moved.identity(mac_of(own)), (Identity{mac_of(own), "GXP"}));
}

TEST(Noted, AnExpiredLeaseIsNoSignOfThePhone) {
    DeviceState before;
    before.address = "192.0.2.7";
    before.last_seen = 100;
    const DeviceState expired =
        noted(before, event_of(EventKind::released, {{"REASON", "expire"}}), 200);
    EXPECT_EQ(expired.address, "");
    EXPECT_EQ(expired.last_seen, 100);
}

TEST(EventSubject, IsTheOneWhoAskedAndNotTheFilesOwner) {
    EXPECT_EQ(event_subject(event_of(EventKind::transfer_refused, {{"OWNER", other}})),
              mac_of(own));
    EXPECT_FALSE(event_subject({EventKind::transfer_done, {{"OWNER", own}}}));
    EXPECT_FALSE(event_subject({EventKind::leased, {{"MAC", "no address"}}}));
}

class DeviceStatesTest : public testing::Test {
protected:
    void has(const char* mac, const std::string& hash = "a") {
        states_.published(Scope::of(mac_of(mac)), {{mac_of(mac), {{hash}, true}}}, 0);
    }
    void write() {
        soci::transaction transaction(inventory_.database());
        states_.store();
        transaction.commit();
        states_.stored();
    }
    State state(const char* mac = own) const { return states_.of(mac_of(mac)).journey.state; }

    test::TempFolder folder_;
    Inventory inventory_{folder_.path("db"), test::test_box()};
    DeviceStates states_{inventory_.database()};
};

TEST_F(DeviceStatesTest, ComeBackAfterARestart) {
    EXPECT_EQ(states_.of(mac_of(own)), DeviceState{});
    has(own);
    states_.apply(mac_of(own),
                  event_of(EventKind::offered,
                           {{"MESSAGE", "OFFER"}, {"VENDOR_CLASS", "GXP"}, {"LEFT_OUT", "66"}}),
                  100);
    states_.apply(mac_of(own), lease, 101);
    states_.apply(mac_of(own), event_of(EventKind::transfer_absent, {{"NAME", "x"}}), 102);
    for (int time = 103; time < 106; ++time)
        states_.apply(mac_of(own), fetched, time);
    const DeviceState last = states_.of(mac_of(own));
    EXPECT_TRUE(last.journey.is_stuck());
    write();
    const DeviceStates again(inventory_.database());
    EXPECT_EQ(again.of(mac_of(own)), last);
    EXPECT_EQ(again.of(mac_of(other)), DeviceState{});
}

// The last of many writes is what a transaction that fails must not lose.
TEST_F(DeviceStatesTest, AreWrittenAgainUntilATransactionHolds) {
    states_.apply(mac_of(own), offer, 100);
    {
        soci::transaction transaction(inventory_.database());
        states_.store(); // rolled back
    }
    EXPECT_EQ(DeviceStates(inventory_.database()).of(mac_of(own)), DeviceState{});
    write();
    EXPECT_EQ(DeviceStates(inventory_.database()).of(mac_of(own)), states_.of(mac_of(own)));
}

TEST_F(DeviceStatesTest, PassTimeTellsWhoseStateItMoved) {
    has(own);
    has(other);
    states_.apply(mac_of(own), offer, 100);
    EXPECT_EQ(states_.due(), 160);
    EXPECT_THAT(states_.pass_time(159, 10), IsEmpty());
    EXPECT_THAT(states_.pass_time(160, 10), ElementsAre(mac_of(own)));
    EXPECT_TRUE(states_.of(mac_of(own)).journey.is_stuck());
    EXPECT_FALSE(states_.due());
}

TEST_F(DeviceStatesTest, PassTimeInSteps) {
    for (const char* mac : {own, other}) {
        has(mac);
        states_.apply(mac_of(mac), offer, 100);
    }
    EXPECT_EQ(states_.pass_time(1000, 1).size(), 1U);
    EXPECT_EQ(states_.pass_time(1000, 1).size(), 1U);
    EXPECT_THAT(states_.pass_time(1000, 1), IsEmpty());
}

TEST_F(DeviceStatesTest, AStrangerIsNowhereStuckUntilItIsAdded) {
    states_.apply(mac_of(own), offer, 100);
    EXPECT_FALSE(states_.due());
    has(own);
    EXPECT_EQ(states_.due(), 160);
}

TEST_F(DeviceStatesTest, ADeviceThatIsRemovedAndAddedAgainBeginsAnew) {
    has(own);
    states_.apply(mac_of(own), offer, 100);
    states_.apply(mac_of(own), lease, 101);
    states_.apply(mac_of(own), fetched, 102);
    states_.published(Scope::of(mac_of(own)), {}, 103);
    has(own);
    EXPECT_EQ(states_.of(mac_of(own)).journey, Journey{});
    EXPECT_EQ(states_.of(mac_of(own)).address, "192.0.2.7") << "it has not moved for that";
    EXPECT_FALSE(states_.due());
}

TEST_F(DeviceStatesTest, APublishOfOthersTouchesNobody) {
    has(own);
    states_.apply(mac_of(own), offer, 100);
    states_.published(Scope::of(mac_of(other)), {}, 103);
    EXPECT_EQ(state(), State::offered);
    states_.published(Scope::all(), {}, 103);
    EXPECT_EQ(state(), State::unseen);
}

TEST_F(DeviceStatesTest, APublishOutdatesWhatWasUpToDate) {
    has(own);
    states_.apply(mac_of(own), fetched, 100);
    states_.pass_time(1000, 10);
    EXPECT_EQ(state(), State::up_to_date);
    has(own, "b");
    EXPECT_EQ(state(), State::outdated);
    EXPECT_TRUE(states_.due());
}

// Whoever sends DISCOVERs with made-up addresses must not push the branch's own phones out.
TEST_F(DeviceStatesTest, BeyondTheBoundOnlyKnownPhonesAreRemembered) {
    inventory_.database() << "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE "
                             "i < 49999) INSERT INTO device_state (mac, state, address, "
                             "vendor_class, last_seen) SELECT printf('020000%06x', i), "
                             "'offered', '', '', 1 FROM n";
    DeviceStates states(inventory_.database());
    states.published(Scope::of(mac_of(own)), {{mac_of(own), {}}}, 0);
    const auto state = [&](const char* mac) { return states.of(mac_of(mac)).journey.state; };
    EXPECT_EQ(state("02000000c34f"), State::offered) << "the last of 50 000";
    const Event of_other{EventKind::leased, {{"MAC", other}, {"IP", "192.0.2.8"}}};
    EXPECT_EQ(states.apply(mac_of(other), of_other, 2).address, "192.0.2.8");
    EXPECT_EQ(states.of(mac_of(other)), DeviceState{});
    states.apply(mac_of(own), offer, 3);
    EXPECT_EQ(state(own), State::offered);
    states.apply(mac_of("020000000000"), lease, 4);
    EXPECT_EQ(state("020000000000"), State::leased) << "it was there already";
}

TEST_F(DeviceStatesTest, StrangersThatWereNotSeenForLongAreForgotten) {
    has(own);
    for (const char* mac : {own, other, "000b82000002", "000b82000003"})
        states_.apply(mac_of(mac), offer, 100);
    states_.apply(mac_of("000b82000003"), lease, 900);
    write();
    states_.forget_strangers(500, 1);
    states_.forget_strangers(500, 1);
    states_.forget_strangers(500, 1);
    const DeviceStates again(inventory_.database());
    for (const DeviceStates* kept : {static_cast<const DeviceStates*>(&states_), &again}) {
        EXPECT_EQ(kept->of(mac_of(own)).last_seen, 100);
        EXPECT_EQ(kept->of(mac_of("000b82000003")).last_seen, 900);
        EXPECT_EQ(kept->of(mac_of(other)), DeviceState{});
        EXPECT_EQ(kept->of(mac_of("000b82000002")), DeviceState{});
    }
}

TEST_F(DeviceStatesTest, WhoIsForgottenIsGoneFromTheDatabaseAndMayComeAgain) {
    states_.apply(mac_of(other), offer, 100);
    write();
    states_.forget(mac_of(other));
    EXPECT_EQ(states_.of(mac_of(other)), DeviceState{});
    write();
    EXPECT_EQ(DeviceStates(inventory_.database()).of(mac_of(other)), DeviceState{});
    states_.forget(mac_of(other));
    states_.apply(mac_of(other), offer, 200);
    write();
    EXPECT_EQ(DeviceStates(inventory_.database()).of(mac_of(other)).last_seen, 200);
}

TEST_F(DeviceStatesTest, AStateThatAnotherReleaseWroteIsUnseen) {
    inventory_.database() << "INSERT INTO device_state (mac, state, address, vendor_class, "
                             "last_seen) VALUES ('000b82123456', 'dreaming', '192.0.2.7', 'x', 5)";
    const DeviceStates states(inventory_.database());
    EXPECT_EQ(states.of(mac_of(own)), (DeviceState{{}, "192.0.2.7", "x", 5}));
}

} // namespace
} // namespace plugtone
