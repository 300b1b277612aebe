#include "agent/firmware/rollout.hpp"

#include <algorithm>

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using What = PhoneDid::What;

constexpr long long stone = 1, target = 2;
constexpr unsigned noon = 12 * 60;
constexpr Seconds hour = 3600;

FirmwareVersion version(std::string_view text) {
    return FirmwareVersion::parse(text).value();
}

Mac mac_at(unsigned number) {
    return Mac::parse("000b8200000" + std::to_string(number)).value();
}

// Phones 0 to 9, the first ring with one, the second with three, the third with the rest.
class RolloutTest : public testing::Test {
protected:
    RolloutTest() {
        plan_.id = 7;
        plan_.target = {target, version("1.0.11.40"), version("0")};
        plan_.rings = Rings::parse("10%;40%;100%").value();
    }
    Rollout& rollout() {
        if (!rollout_) {
            std::vector<Member> members;
            for (unsigned at = 0; at < 10; ++at) {
                Member member;
                member.mac = mac_at(at);
                member.ring = at < 1 ? 0 : at < 4 ? 1 : 2;
                member.version = versions_;
                members.push_back(member);
            }
            rollout_.emplace(plan_, RolloutProgress{}, members);
        }
        return *rollout_;
    }
    // What is pinned now, in order.
    std::vector<long long> advance(unsigned minute = noon) {
        ordered_.clear();
        std::vector<long long> firmware;
        for (const PinOrder& order : rollout().advance(now_, minute)) {
            ordered_.push_back(order.mac);
            firmware.push_back(order.firmware);
        }
        return firmware;
    }
    void phone(unsigned at, What what, const char* reports = "1.0.11.35") {
        rollout().on_phone({mac_at(at), what, version(reports)}, now_);
    }
    void upgrade(unsigned at, const char* to = "1.0.11.40") {
        phone(at, What::asked_for_configuration);
        phone(at, What::got_firmware);
        phone(at, What::asked_for_configuration, to);
    }
    const Member& member(unsigned at) { return *rollout().find(mac_at(at)); }

    RolloutPlan plan_;
    std::string versions_ = "1.0.11.35";
    std::optional<Rollout> rollout_;
    std::vector<Mac> ordered_;
    Seconds now_ = 1'000'000;
};

TEST_F(RolloutTest, BeginsWithTheFirstRingAlone) {
    EXPECT_THAT(advance(), testing::ElementsAre(target));
    EXPECT_EQ(ordered_.front(), mac_at(0));
    EXPECT_EQ(member(0).state, MemberState::downloading);
    EXPECT_EQ(member(1).state, MemberState::waiting);
    EXPECT_THAT(advance(), IsEmpty()) << "nothing new has happened";
}

TEST_F(RolloutTest, TheNextRingWaitsUntilThePhonesOfThisOneReport) {
    advance();
    phone(0, What::asked_for_configuration);
    phone(0, What::got_firmware);
    EXPECT_THAT(advance(), IsEmpty()) << "it has the file, and has not said that it runs it";
    phone(0, What::asked_for_configuration, "1.0.11.40");
    EXPECT_EQ(member(0).state, MemberState::updated);
    EXPECT_THAT(advance(), SizeIs(3));
    EXPECT_EQ(rollout().progress().ring, 1U);
}

TEST_F(RolloutTest, IsFinishedWhenTheLastRingIs) {
    for (unsigned at = 0; at < 10; ++at) {
        advance();
        upgrade(at);
    }
    advance();
    EXPECT_EQ(rollout().progress().state, RolloutState::finished);
    EXPECT_FALSE(rollout().is_active());
    EXPECT_EQ(rollout().counts().at(MemberState::updated), 10U);
}

TEST_F(RolloutTest, HaltsWhenAPhoneComesBackWithTheOldVersion) {
    advance();
    upgrade(0);
    advance();
    upgrade(1);
    upgrade(2, "1.0.11.35");
    EXPECT_EQ(rollout().progress().state, RolloutState::halted);
    EXPECT_THAT(rollout().progress().reason,
                HasSubstr("device 000b82000002 took the firmware and still reports 1.0.11.35"));
    EXPECT_EQ(member(2).state, MemberState::failed);
}

TEST_F(RolloutTest, FilesAreFetchedByTheOldVersion) {
    advance();
    phone(0, What::asked_for_configuration);
    phone(0, What::got_firmware);
    phone(0, What::got_firmware);
    EXPECT_EQ(member(0).state, MemberState::downloading) << "there may be several of them";
}

TEST_F(RolloutTest, WhenItHaltsThoseThatHaveNotHeardOfItNeedNot) {
    advance();
    upgrade(0);
    advance();
    phone(1, What::asked_for_configuration);
    upgrade(2, "1.0.11.35");
    EXPECT_THAT(advance(), testing::ElementsAre(0)); // 0: as before the rollout
    EXPECT_EQ(ordered_.front(), mac_at(3));
    EXPECT_EQ(member(3).state, MemberState::waiting);
    EXPECT_EQ(member(1).state, MemberState::downloading) << "it knows already";
    EXPECT_THAT(advance(), IsEmpty());
}

TEST_F(RolloutTest, ResumedAfterAHaltWhatHasFailedHaltsNoMore) {
    advance();
    upgrade(0);
    advance();
    upgrade(2, "1.0.11.35");
    advance();
    ASSERT_TRUE(rollout().resume());
    advance();
    EXPECT_EQ(rollout().progress().state, RolloutState::running);
    upgrade(1);
    upgrade(3);
    EXPECT_THAT(advance(), SizeIs(6)) << "the next ring";
    EXPECT_EQ(member(2).state, MemberState::failed);
    phone(2, What::asked_for_configuration, "1.0.11.40");
    EXPECT_EQ(member(2).state, MemberState::updated) << "somebody mended it";
}

TEST_F(RolloutTest, ADownloadMayBreakOffAFewTimes) {
    advance();
    phone(0, What::asked_for_configuration);
    for (unsigned at = 1; at < Rollout::broken_max; ++at)
        phone(0, What::lost_firmware);
    EXPECT_EQ(member(0).state, MemberState::downloading);
    phone(0, What::lost_firmware);
    EXPECT_EQ(member(0).state, MemberState::failed);
    EXPECT_EQ(rollout().progress().state, RolloutState::halted);
}

TEST_F(RolloutTest, HaltsWhenAPhoneAskedAndWasNotHeardOfAgain) {
    advance();
    now_ += 5 * hour;
    phone(0, What::asked_for_configuration);
    now_ += Rollout::upgrade_max - 1;
    advance();
    EXPECT_EQ(member(0).state, MemberState::downloading);
    now_ += 1;
    advance();
    EXPECT_EQ(member(0).state, MemberState::failed);
    EXPECT_THAT(rollout().progress().reason, HasSubstr("has not reported 1.0.11.40 within 60"));
}

TEST_F(RolloutTest, APhoneThatIsNotHeardOfIsNoFailure) {
    advance();
    upgrade(0);
    advance();
    upgrade(1);
    now_ += plan_.hearing_max;
    EXPECT_THAT(advance(), SizeIs(6)) << "one has reported, two are silent: the next ring";
    EXPECT_EQ(member(2).state, MemberState::silent);
    EXPECT_EQ(member(2).firmware, target) << "it stays pinned";
    phone(2, What::asked_for_configuration);
    EXPECT_EQ(member(2).state, MemberState::downloading);
    phone(2, What::asked_for_configuration, "1.0.11.40");
    EXPECT_EQ(member(2).state, MemberState::updated);
}

TEST_F(RolloutTest, ARingOfWhichNobodyReportedIsNotDone) {
    advance();
    now_ += plan_.hearing_max;
    EXPECT_THAT(advance(), IsEmpty());
    EXPECT_EQ(member(0).state, MemberState::silent);
    EXPECT_EQ(rollout().progress().ring, 0U);
    EXPECT_EQ(rollout().progress().state, RolloutState::running);
}

TEST_F(RolloutTest, NoMoreDownloadAtOnceThanMay) {
    plan_.rings = Rings::parse("10%;100%").value();
    plan_.downloads_max = 2;
    advance();
    upgrade(0);
    EXPECT_THAT(advance(), SizeIs(2));
    EXPECT_THAT(advance(), IsEmpty());
    upgrade(1);
    EXPECT_THAT(advance(), SizeIs(1));
    EXPECT_EQ(rollout().counts().at(MemberState::downloading), 2U);
}

TEST_F(RolloutTest, PhonesThatHaveItAlreadyTakeNoPlace) {
    plan_.downloads_max = 1;
    versions_ = "1.0.11.40";
    EXPECT_THAT(advance(), SizeIs(10)) << "pinned all the same";
    EXPECT_EQ(rollout().progress().state, RolloutState::finished);
}

TEST_F(RolloutTest, TellsPhonesInQuietHoursOnly) {
    plan_.quiet_hours = QuietHours::parse("22:00-06:00").value();
    EXPECT_THAT(advance(noon), IsEmpty());
    EXPECT_THAT(advance(23 * 60), SizeIs(1));
}

TEST_F(RolloutTest, AtTheEndOfQuietHoursThoseThatHaveNotHeardOfItNeedNot) {
    plan_.quiet_hours = QuietHours::parse("22:00-06:00").value();
    advance(23 * 60);
    upgrade(0);
    advance(23 * 60);
    phone(1, What::asked_for_configuration);
    EXPECT_THAT(advance(6 * 60), testing::ElementsAre(0, 0));
    EXPECT_EQ(member(2).state, MemberState::waiting);
    EXPECT_EQ(member(1).state, MemberState::downloading);
    EXPECT_THAT(advance(22 * 60), SizeIs(2)) << "the next evening";
}

TEST_F(RolloutTest, PausedNobodyElseIsToldAndResumedTheyAre) {
    advance();
    ASSERT_TRUE(rollout().pause());
    EXPECT_THAT(advance(), testing::ElementsAre(0)) << "it has not heard of it";
    EXPECT_FALSE(rollout().pause());
    ASSERT_TRUE(rollout().resume());
    EXPECT_FALSE(rollout().resume());
    EXPECT_THAT(advance(), testing::ElementsAre(target));
}

TEST_F(RolloutTest, AbortedNothingMovesItAnyMore) {
    advance();
    ASSERT_TRUE(rollout().abort());
    upgrade(0);
    EXPECT_THAT(advance(), IsEmpty());
    EXPECT_EQ(member(0).state, MemberState::downloading);
    EXPECT_FALSE(rollout().abort());
    EXPECT_FALSE(rollout().resume());
}

TEST_F(RolloutTest, OldPhonesGoOverTheSteppingStone) {
    plan_.stones = {{stone, version("1.0.5.0"), version("1.0.4.9")}};
    versions_ = "1.0.3.1";
    EXPECT_THAT(advance(), testing::ElementsAre(stone));
    phone(0, What::asked_for_configuration, "1.0.3.1");
    phone(0, What::got_firmware, "1.0.3.1");
    phone(0, What::asked_for_configuration, "1.0.5.0");
    EXPECT_EQ(member(0).state, MemberState::waiting) << "half the way";
    EXPECT_THAT(advance(), testing::ElementsAre(target));
    phone(0, What::asked_for_configuration, "1.0.5.0");
    EXPECT_EQ(member(0).state, MemberState::downloading);
    phone(0, What::asked_for_configuration, "1.0.11.40");
    EXPECT_EQ(member(0).state, MemberState::updated);
}

TEST_F(RolloutTest, PhonesThatAreNewEnoughDoNot) {
    plan_.stones = {{stone, version("1.0.5.0"), version("1.0.4.9")}};
    versions_ = "1.0.4.9";
    EXPECT_THAT(advance(), testing::ElementsAre(target));
}

TEST_F(RolloutTest, WithdrawnBehindTheSteppingStoneAPhoneStaysOnIt) {
    plan_.stones = {{stone, version("1.0.5.0"), version("1.0.5.0")}};
    versions_ = "1.0.3.1";
    advance();
    phone(0, What::asked_for_configuration, "1.0.5.0");
    advance();
    ASSERT_TRUE(rollout().pause());
    EXPECT_THAT(advance(), testing::ElementsAre(stone));
}

TEST_F(RolloutTest, WhereAStoneIsOnTheWayAPhoneHasToSayWhereItIs) {
    plan_.stones = {{stone, version("1.0.5.0"), version("1.0.5.0")}};
    versions_ = "";
    EXPECT_THAT(advance(), IsEmpty());
    phone(0, What::asked_for_configuration, "1.0.3.1");
    EXPECT_THAT(advance(), testing::ElementsAre(stone));
    phone(0, What::asked_for_configuration, "1.0.5.0");
    advance();
    phone(0, What::asked_for_configuration, "1.0.11.40");
    advance(); // the second ring: nobody says anything
    phone(1, What::asked_for_configuration, "1.0.11.40");
    now_ += plan_.hearing_max;
    advance();
    EXPECT_EQ(member(2).state, MemberState::silent);
    EXPECT_EQ(rollout().progress().ring, 2U);
    phone(2, What::asked_for_configuration, "1.0.3.1");
    EXPECT_THAT(advance(), testing::ElementsAre(stone)) << "late, but there it is";
}

TEST_F(RolloutTest, ADeviceThatIsRemovedHoldsNobodyUp) {
    advance();
    upgrade(0);
    advance();
    upgrade(1);
    upgrade(2);
    rollout().on_gone(mac_at(3));
    EXPECT_THAT(advance(), SizeIs(6));
    EXPECT_THAT(member(3).reason, HasSubstr("not in the inventory"));
}

TEST_F(RolloutTest, GoesOnFromWhatWasKeptOfIt) {
    advance();
    upgrade(0);
    advance();
    phone(1, What::asked_for_configuration);
    Rollout again(rollout().plan(), rollout().progress(), rollout().members());
    rollout_.emplace(std::move(again));
    EXPECT_THAT(advance(), IsEmpty());
    upgrade(1);
    upgrade(2);
    upgrade(3);
    EXPECT_THAT(advance(), SizeIs(6));
}

TEST_F(RolloutTest, StrangersDoNotMoveIt) {
    advance();
    rollout().on_phone({Mac::parse("000b82ffffff").value(), What::got_firmware, {}}, now_);
    EXPECT_EQ(rollout().counts().at(MemberState::downloading), 1U);
}

TEST(RolloutNames, AreReadAsTheyAreWritten) {
    for (const auto state : {RolloutState::running, RolloutState::paused, RolloutState::halted,
                             RolloutState::finished, RolloutState::aborted})
        EXPECT_EQ(rollout_state_named(rollout_state_name(state)), state);
    for (const auto state : {MemberState::waiting, MemberState::downloading, MemberState::updated,
                             MemberState::failed, MemberState::silent})
        EXPECT_EQ(member_state_named(member_state_name(state)), state);
    EXPECT_FALSE(rollout_state_named("begun"));
}

} // namespace
} // namespace plugtone
