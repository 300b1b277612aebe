#include "agent/enrolment_watch.hpp"

#include <gmock/gmock.h>

#include "core/classes/known_parameters.hpp"
#include "tests/unit/agent/enrolling_agent.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using test::other_phone;
using test::phone;
using test::phone_binary;
using test::phone_xml;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* binary_name = "cfg000b82123456";
constexpr const char* xml_name = "cfg000b82123456.xml";

TEST(OwnTransfer, IsTheDevicesOwnWholeFileAndNothingElse) {
    const Event done{EventKind::transfer_done,
                     {{"MAC", "a"}, {"OWNER", "a"}, {"SIZE", "9"}, {"BYTES", "9"}}};
    EXPECT_TRUE(is_own_transfer(done));
    EXPECT_TRUE(is_own_transfer({EventKind::transfer_started, {{"MAC", "a"}, {"OWNER", "a"}}}));
    EXPECT_FALSE(is_own_transfer({EventKind::transfer_failed, done.fields}));
    EXPECT_FALSE(is_own_transfer({EventKind::transfer_absent, done.fields}));
    EXPECT_FALSE(is_own_transfer({EventKind::transfer_done, {{"MAC", "b"}, {"OWNER", "a"}}}));
    EXPECT_FALSE(is_own_transfer({EventKind::transfer_done, {{"OWNER", ""}, {"MAC", ""}}}));
    Event part = done;
    part.fields.back().second = "4";
    EXPECT_FALSE(is_own_transfer(part)) << "a range of it";
    Event had = done;
    had.fields.emplace_back("REASON", "not modified");
    EXPECT_FALSE(is_own_transfer(had));
}

class EnrolmentWatchTest : public test::EnrollingAgent {
protected:
    EnrolmentWatchTest() {
        add(phone, "boot", {{"P47", "sip.example.net"}});
        published_.clear();
    }
};

TEST_F(EnrolmentWatchTest, TheBinaryFileBringsThePasswordAndNothingElse) {
    EXPECT_THAT(binary(phone_binary),
                ElementsAre(Pair(known::xml_password, std::string(password().reveal()))));
    EXPECT_THAT(*opened(phone_xml, password()),
                ElementsAre(Pair(test::name_of("P47"), "sip.example.net")));
}

TEST_F(EnrolmentWatchTest, ItIsForTheHolderOfTheLease) {
    const ManifestEntry& entry = publisher_.live_contents().at(phone_binary).entry;
    EXPECT_EQ(entry.access, AccessRule::lease);
    EXPECT_EQ(entry.owner, mac_of(phone));
}

TEST_F(EnrolmentWatchTest, TheFirstGoodFetchTakesItOutOfTheTree) {
    fetch(binary_name);
    EXPECT_TRUE(serves(phone_binary));
    fetch(xml_name);
    EXPECT_FALSE(serves(phone_binary));
    EXPECT_TRUE(serves(phone_xml));
    EXPECT_THAT(published_,
                ElementsAre(Pair(testing::_, "device 000b82123456 has its XML password")));
    reboot();
    EXPECT_FALSE(serves(phone_binary));
}

TEST_F(EnrolmentWatchTest, HowFarItIsSurvivesARestart) {
    fetch(binary_name);
    reboot();
    EXPECT_TRUE(serves(phone_binary));
    fetch(xml_name);
    EXPECT_FALSE(serves(phone_binary));
}

TEST_F(EnrolmentWatchTest, WhatOthersFetchedClosesNothing) {
    for (const char* name : {binary_name, xml_name})
        for (Event event : fetched(name)) {
            event.fields[1].second = other_phone; // MAC; the file is still the phone's
            record({event});
        }
    fetch(xml_name);
    EXPECT_TRUE(serves(phone_binary));
}

TEST_F(EnrolmentWatchTest, APhoneThatWasToldByHandKeepsItsWindow) {
    fetch(xml_name);
    fetch(xml_name);
    EXPECT_TRUE(serves(phone_binary)) << "nothing says that it could read the file";
}

TEST_F(EnrolmentWatchTest, ManyAtOnceAreOnePublish) {
    add(other_phone, "boot");
    published_.clear();
    std::vector<Event> all;
    for (const char* mac : {phone, other_phone})
        for (const char* end : {"", ".xml"})
            for (const EventKind kind : {EventKind::transfer_started, EventKind::transfer_done})
                all.push_back(transfer(kind, "cfg" + std::string(mac) + end, mac));
    record(all);
    EXPECT_EQ(published_.size(), 1U);
    EXPECT_FALSE(serves(phone_binary));
    EXPECT_FALSE(serves("@/cfg000b82000001"));
}

TEST_F(EnrolmentWatchTest, NoUndoOpensAClosedWindow) {
    ASSERT_TRUE(set({{"P47", "other.example.net"}}));
    fetch(binary_name);
    fetch(xml_name);
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_FALSE(serves(phone_binary));
    EXPECT_EQ(opened(phone_xml, password())->at(test::name_of("P47")), "sip.example.net");
}

TEST_F(EnrolmentWatchTest, AFailedPublishIsMadeUpForWithTheNextEvents) {
    fetch(binary_name);
    let_commits_fail();
    EXPECT_THROW(fetch(xml_name), soci::soci_error);
    let_commits_be();
    record({{EventKind::leased, {{"MAC", phone}, {"IP", "192.0.2.7"}}}});
    EXPECT_FALSE(serves(phone_binary));
}

TEST_F(EnrolmentWatchTest, AFailedPublishIsMadeUpForAtTheNextStart) {
    fetch(binary_name);
    let_commits_fail();
    EXPECT_THROW(fetch(xml_name), soci::soci_error);
    let_commits_be();
    EXPECT_TRUE(serves(phone_binary));
    reboot();
    EXPECT_FALSE(serves(phone_binary));
}

TEST_F(EnrolmentWatchTest, AFactoryResetPhoneGetsItAgainAfterRebootstrap) {
    fetch(binary_name);
    fetch(xml_name);
    const Secret before = password();
    ASSERT_TRUE(enrolment_->rebootstrap(mac_of(phone)));
    EXPECT_EQ(binary(phone_binary).at(known::xml_password), before.reveal());
    fetch(xml_name);
    EXPECT_TRUE(serves(phone_binary)) << "it has not fetched the binary file since";
    fetch(binary_name);
    fetch(xml_name);
    EXPECT_FALSE(serves(phone_binary));
}

// Rotation. The device's two names of the sealed file, in turn.
constexpr const char* next_xml = "@_k1/cfg000b82123456.xml";
constexpr const char* next_name = "cfg000b82123456.xml_k1";

class RotationTest : public EnrolmentWatchTest {
protected:
    RotationTest() : old_(password()) {
        fetch(binary_name);
        fetch(xml_name);
        const auto rotated = enrolment_->rotate_passwords({mac_of(phone)});
        EXPECT_TRUE(rotated) << rotated.error().message;
        if (const auto rotation = inventory_->rotations().of(mac_of(phone)))
            new_ = rotation->password;
        published_.clear();
    }
    Secret old_;
    Secret new_;
};

TEST_F(RotationTest, TheOldFileTellsTheNewPasswordAndTheNextName) {
    EXPECT_FALSE(old_ == new_);
    EXPECT_THAT(*opened(phone_xml, old_),
                ElementsAre(Pair(test::name_of("P47"), "sip.example.net"),
                            Pair(known::config_prefix, ""), Pair(known::config_postfix, "_k1"),
                            Pair(known::xml_password, std::string(new_.reveal()))));
    EXPECT_THAT(*opened(next_xml, new_),
                ElementsAre(Pair(test::name_of("P47"), "sip.example.net"),
                            Pair(known::config_prefix, ""), Pair(known::config_postfix, "_k1")));
    EXPECT_FALSE(opened(phone_xml, new_));
    EXPECT_FALSE(opened(next_xml, old_));
}

TEST_F(RotationTest, FetchingTheOldFileProvesNothing) {
    fetch(xml_name);
    fetch(xml_name);
    EXPECT_TRUE(opened(phone_xml, old_)) << "a phone that lost power on the way reads it again";
    EXPECT_TRUE(password() == old_);
    EXPECT_THAT(published_, IsEmpty());
}

TEST_F(RotationTest, AskingByTheNewNameProvesThatItHasTheNewPassword) {
    fetch(xml_name);
    fetch(next_name);
    EXPECT_THAT(published_,
                ElementsAre(Pair(testing::_, "device 000b82123456 has its XML password")));
    EXPECT_TRUE(password() == new_);
    for (const char* path : {phone_xml, next_xml}) {
        EXPECT_FALSE(opened(path, old_)) << path;
        EXPECT_THAT(*opened(path, new_), ElementsAre(Pair(test::name_of("P47"), "sip.example.net")))
            << path;
    }
}

TEST_F(RotationTest, HalfAFetchProvesNothing) {
    record({transfer(EventKind::transfer_started, next_name),
            transfer(EventKind::transfer_failed, next_name)});
    EXPECT_TRUE(password() == old_);
    EXPECT_TRUE(opened(phone_xml, old_));
}

TEST_F(RotationTest, ItSurvivesARestart) {
    reboot();
    EXPECT_TRUE(opened(phone_xml, old_));
    EXPECT_TRUE(opened(next_xml, new_));
    fetch(next_name);
    reboot();
    EXPECT_TRUE(opened(phone_xml, new_));
    EXPECT_TRUE(opened(next_xml, new_));
}

TEST_F(RotationTest, UndoTakesBackWhatWasBeforeAndNotTheRotation) {
    EXPECT_EQ(*pipeline_->undo(), "device add 000b82123456");
    EXPECT_FALSE(inventory_->device(mac_of(phone)));
}

TEST_F(RotationTest, AnUndoAfterItLeavesTheNewPassword) {
    ASSERT_TRUE(set({{"P48", "x"}}));
    fetch(next_name);
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_TRUE(opened(phone_xml, new_));
    EXPECT_TRUE(opened(next_xml, new_));
}

TEST_F(RotationTest, ASecondOneWaitsForTheFirst) {
    const auto again = enrolment_->rotate_passwords({mac_of(phone)});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, ErrorKind::conflict);
    fetch(next_name);
    ASSERT_TRUE(enrolment_->rotate_passwords({mac_of(phone)}));
    EXPECT_TRUE(opened(next_xml, new_)) << "it asks there, and learns the next one";
    EXPECT_TRUE(serves("@_k2/cfg000b82123456.xml"));
}

// The line to a fleet, which may be down.
class Fleet final : public SharedChanges {
public:
    Done may_change() override { return is_up ? Done{} : Done(fail(ErrorKind::io, "no line")); }
    Done bring(const GenerationRecord&, const RowChanges& changes) override {
        brought.insert(brought.end(), changes.begin(), changes.end());
        return {};
    }
    std::string state() const override { return ""; }
    std::string problem() const override { return ""; }

    bool is_up = true;
    RowChanges brought;
};

TEST_F(RotationTest, TheFleetIsToldOfTheNewPassword) {
    Fleet fleet;
    pipeline_->share_with(&fleet);
    fetch(next_name);
    pipeline_->share_with(nullptr);
    EXPECT_TRUE(password() == new_);
    EXPECT_EQ(fleet.brought, current_rows(inventory_->database(), {row_of_device(phone)}));
}

TEST_F(RotationTest, WhileTheFleetCannotBeToldTheOldOneStays) {
    Fleet fleet;
    fleet.is_up = false;
    pipeline_->share_with(&fleet);
    fetch(next_name);
    EXPECT_TRUE(password() == old_);
    EXPECT_TRUE(opened(phone_xml, old_));
    EXPECT_TRUE(opened(next_xml, new_)) << "where the phone asks";
    fleet.is_up = true;
    record({{EventKind::leased, {{"MAC", phone}, {"IP", "192.0.2.7"}}}});
    pipeline_->share_with(nullptr);
    EXPECT_TRUE(password() == new_);
    EXPECT_THAT(fleet.brought, testing::SizeIs(1));
}

TEST_F(RotationTest, InAFleetItIsTheBusinessOfTheApplianceThatHasThePhone) {
    Fleet fleet;
    add(other_phone, "boot");
    pipeline_->share_with(&fleet);
    const auto elsewhere = [&] { return enrolment_->rotate_passwords({mac_of(other_phone)}); };
    refuses(elsewhere, ErrorKind::refused, "has not been seen here");
    refuses([&] { return enrolment_->rebootstrap(mac_of(other_phone)); }, ErrorKind::refused,
            "has not been seen here");
    record({{EventKind::leased, {{"MAC", other_phone}, {"IP", "192.0.2.7"}}}});
    EXPECT_TRUE(elsewhere());
    pipeline_->share_with(nullptr);
}

TEST_F(RotationTest, OtherDevicesStayAsTheyAre) {
    add(other_phone, "boot");
    const auto before = live_files().at("@/cfg000b82000001.xml");
    fetch(next_name);
    EXPECT_EQ(live_files().at("@/cfg000b82000001.xml"), before);
}

TEST_F(RotationTest, AResetPhoneComesInWithTheOldPasswordAndLearnsTheNew) {
    ASSERT_TRUE(enrolment_->rebootstrap(mac_of(phone)));
    EXPECT_EQ(binary(phone_binary).at(known::xml_password), old_.reveal());
    fetch(binary_name);
    fetch(xml_name);
    EXPECT_FALSE(serves(phone_binary));
    fetch(next_name);
    EXPECT_TRUE(password() == new_);
}

} // namespace
} // namespace plugtone
