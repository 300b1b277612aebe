#include "agent/device_states.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;

constexpr const char* own = "000b82123456";
constexpr const char* other = "000b82000001";

Event event_of(EventKind kind, std::vector<std::pair<std::string, std::string>> fields = {}) {
    fields.insert(fields.begin(), {"MAC", own});
    return {kind, std::move(fields)};
}
Event transfer(EventKind kind, const char* owner) {
    return event_of(kind, {{"OWNER", owner}});
}

TEST(StateName, ComesBackAndNothingElseDoes) {
    for (const State state : {State::waiting, State::offered, State::leased, State::fetching,
                              State::configured, State::failed})
        EXPECT_EQ(state_named(state_name(state)), state);
    EXPECT_EQ(state_name(State::configured), "configured");
    EXPECT_FALSE(state_named(""));
    EXPECT_FALSE(state_named("Waiting"));
}

struct Transition {
    State from;
    Event event;
    State to;
};

class Transitions : public testing::TestWithParam<Transition> {};

TEST_P(Transitions, GoAsTheTableSays) {
    const Transition& row = GetParam();
    const DeviceState next = next_state({row.from, "192.0.2.7", "gxp", 100}, row.event, 200);
    EXPECT_EQ(state_name(next.state), state_name(row.to)) << "from " << state_name(row.from);
}

using S = State;
using K = EventKind;
INSTANTIATE_TEST_SUITE_P(
    Table, Transitions,
    testing::Values(
        // A boot begins with DISCOVER and OFFER, from wherever it was.
        Transition{S::waiting, event_of(K::offered, {{"MESSAGE", "OFFER"}}), S::offered},
        Transition{S::configured, event_of(K::offered, {{"MESSAGE", "OFFER"}}), S::offered},
        Transition{S::failed, event_of(K::offered, {{"MESSAGE", "OFFER"}}), S::offered},
        // An ACK may be a renewal.
        Transition{S::configured, event_of(K::offered, {{"MESSAGE", "ACK"}}), S::configured},
        Transition{S::waiting, event_of(K::offered, {{"MESSAGE", "ACK"}}), S::waiting},
        Transition{S::waiting, event_of(K::leased), S::leased},
        Transition{S::offered, event_of(K::leased), S::leased},
        Transition{S::fetching, event_of(K::leased), S::fetching},
        Transition{S::configured, event_of(K::leased), S::configured},
        Transition{S::failed, event_of(K::leased), S::failed},
        Transition{S::configured, event_of(K::released), S::configured},
        Transition{S::leased, transfer(K::transfer_started, own), S::fetching},
        Transition{S::failed, transfer(K::transfer_started, own), S::fetching},
        Transition{S::configured, transfer(K::transfer_started, own), S::configured},
        Transition{S::fetching, transfer(K::transfer_done, own), S::configured},
        Transition{S::fetching, transfer(K::transfer_failed, own), S::failed},
        // Firmware and public files have no owner.
        Transition{S::leased, transfer(K::transfer_started, ""), S::leased},
        Transition{S::leased, transfer(K::transfer_done, ""), S::leased},
        Transition{S::leased, transfer(K::transfer_failed, ""), S::leased},
        // Another phone's file says nothing of this one's.
        Transition{S::leased, transfer(K::transfer_started, other), S::leased},
        Transition{S::leased, transfer(K::transfer_done, other), S::leased},
        Transition{S::configured, transfer(K::transfer_failed, other), S::configured},
        Transition{S::leased, transfer(K::transfer_refused, own), S::leased},
        Transition{S::fetching, transfer(K::transfer_absent, ""), S::fetching}));

TEST(NextState, RemembersWhatWasSeen) {
    const DeviceState offered = next_state(
        {},
        event_of(EventKind::offered, {{"MESSAGE", "OFFER"}, {"VENDOR_CLASS", "Grandstream GXP"}}),
        200);
    EXPECT_EQ(offered.vendor_class, "Grandstream GXP");
    EXPECT_EQ(offered.last_seen, 200);
    const DeviceState leased =
        next_state(offered, event_of(EventKind::leased, {{"IP", "192.0.2.7"}}), 201);
    EXPECT_EQ(leased.address, "192.0.2.7");
    EXPECT_EQ(leased.vendor_class, "Grandstream GXP");
    const DeviceState released =
        next_state(leased, event_of(EventKind::released, {{"REASON", "release"}}), 202);
    EXPECT_EQ(released.address, "");
    EXPECT_EQ(released.last_seen, 202);
}

TEST(NextState, KnowsADeviceByAllThatAClassMayRecogniseItBy) {
    const Event event = event_of(EventKind::offered, {{"MESSAGE", "OFFER"},
                                                      {"VENDOR_CLASS", "GXP"},
                                                      {"USER_CLASS", "voice"},
                                                      {"HOSTNAME", "desk-7"},
                                                      {"KEA_CLASS", "lobby"},
                                                      {"KEA_CLASS", "first floor"}});
    const DeviceState state = next_state({}, event, 1);
    EXPECT_EQ(state.identity(mac_of(own)),
              (Identity{mac_of(own), "GXP", "voice", {}, "desk-7", {"lobby", "first floor"}}));
    const DeviceState renewed =
        next_state(state, event_of(EventKind::offered, {{"MESSAGE", "ACK"}}), 2);
    EXPECT_EQ(renewed.identity(mac_of(own)), state.identity(mac_of(own)));
    const DeviceState moved = next_state(
        state, event_of(EventKind::offered, {{"MESSAGE", "OFFER"}, {"VENDOR_CLASS", "GXP"}}), 3);
    EXPECT_EQ(moved.identity(mac_of(own)), (Identity{mac_of(own), "GXP"}));
}

TEST(NextState, AMessageWithoutOption60DoesNotUndoRecognition) {
    const DeviceState before{State::configured, "192.0.2.7", "Grandstream GXP", 100};
    const Event renewal = event_of(EventKind::offered, {{"MESSAGE", "ACK"}});
    EXPECT_EQ(next_state(before, renewal, 200).vendor_class, "Grandstream GXP");
}

TEST(NextState, AnExpiredLeaseIsNoSignOfThePhone) {
    const DeviceState before{State::configured, "192.0.2.7", "", 100};
    const DeviceState expired =
        next_state(before, event_of(EventKind::released, {{"REASON", "expire"}}), 200);
    EXPECT_EQ(expired, (DeviceState{State::configured, "", "", 100}));
}

TEST(EventSubject, IsTheOneWhoAskedAndNotTheFilesOwner) {
    EXPECT_EQ(event_subject(transfer(EventKind::transfer_refused, other)), mac_of(own));
    EXPECT_FALSE(event_subject({EventKind::transfer_done, {{"OWNER", own}}}));
    EXPECT_FALSE(event_subject({EventKind::leased, {{"MAC", "no address"}}}));
}

class DeviceStatesTest : public testing::Test {
protected:
    test::TempFolder folder_;
    Inventory inventory_{folder_.path("db"), test::test_box()};
};

TEST_F(DeviceStatesTest, ComeBackAfterARestart) {
    DeviceStates states(inventory_.database());
    EXPECT_EQ(states.of(mac_of(own)), DeviceState{});
    states.apply(
        mac_of(own),
        event_of(EventKind::offered, {{"MESSAGE", "OFFER"}, {"VENDOR_CLASS", "Grandstream GXP"}}),
        100);
    const DeviceState last =
        states.apply(mac_of(own), event_of(EventKind::leased, {{"IP", "192.0.2.7"}}), 101);
    EXPECT_EQ(last, (DeviceState{State::leased, "192.0.2.7", "Grandstream GXP", 101}));
    const DeviceStates again(inventory_.database());
    EXPECT_EQ(again.of(mac_of(own)), last);
    EXPECT_EQ(again.of(mac_of(other)), DeviceState{});
}

// Whoever sends DISCOVERs with made-up addresses must not push the branch's own phones out.
TEST_F(DeviceStatesTest, BeyondTheBoundOnlyKnownPhonesAreRemembered) {
    inventory_.database() << "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE "
                             "i < 49999) INSERT INTO device_state SELECT printf('020000%06x', i), "
                             "'offered', '', '', 1, '', '', '' FROM n";
    inventory_.add_devices(1, {test::device_of(own)});
    DeviceStates states(inventory_.database());
    EXPECT_EQ(states.of(mac_of("02000000c34f")).state, State::offered) << "the last of 50 000";
    EXPECT_EQ(states.apply(mac_of(other), event_of(EventKind::leased), 2).state, State::leased);
    EXPECT_EQ(states.of(mac_of(other)), DeviceState{});
    states.apply(mac_of(own), event_of(EventKind::leased), 3);
    EXPECT_EQ(states.of(mac_of(own)).state, State::leased);
    states.apply(mac_of("020000000000"), event_of(EventKind::leased), 4);
    EXPECT_EQ(states.of(mac_of("020000000000")).state, State::leased) << "it was there already";
}

TEST_F(DeviceStatesTest, AStateThatAnotherReleaseWroteIsWaiting) {
    inventory_.database() << "INSERT INTO device_state VALUES ('000b82123456', 'dreaming', "
                             "'192.0.2.7', 'x', 5, '', '', '')";
    const DeviceStates states(inventory_.database());
    EXPECT_EQ(states.of(mac_of(own)), (DeviceState{State::waiting, "192.0.2.7", "x", 5}));
}

} // namespace
} // namespace plugtone
