#include "agent/enrolment.hpp"

#include <array>
#include <cstdio>

#include <gmock/gmock.h>

#include "core/contracts/probe.hpp"
#include "tests/unit/agent/enrolling_agent.hpp"

namespace plugtone {
namespace {

using test::class_xml;
using test::mac_of;
using test::other_phone;
using test::phone;
using test::phone_binary;
using test::phone_xml;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr long long day = 86'400;

Event offered(const char* mac, const std::string& vendor_class) {
    return {EventKind::offered,
            {{"MAC", mac}, {"MESSAGE", "OFFER"}, {"VENDOR_CLASS", vendor_class}}};
}

class EnrolmentTest : public test::EnrollingAgent {
protected:
    std::string issue(const TypedSettings& settings = {{"P47", "sip.example.net"}}) {
        const auto issued = enrolment_->issue_pin("Reception", "", settings, day);
        EXPECT_TRUE(issued) << issued.error().message;
        return issued ? std::string(issued->pin.reveal()) : "";
    }
};

TEST_F(EnrolmentTest, WhoWasSeenAndNobodyAddedWaits) {
    add(other_phone, "gxp");
    record({offered(phone, "BOOT1"),
            offered(other_phone, "GXP"),
            {EventKind::leased, {{"MAC", phone}, {"IP", "192.0.2.7"}}}});
    const auto waiting = enrolment_->unknown();
    ASSERT_EQ(waiting.size(), 1U);
    EXPECT_EQ(waiting[0].mac, mac_of(phone));
    EXPECT_EQ(waiting[0].class_name, "boot");
    EXPECT_EQ(waiting[0].state.address, "192.0.2.7");
    EXPECT_EQ(waiting[0].state.vendor_class, "BOOT1");
    EXPECT_EQ(waiting[0].seen.first_seen, now_);
    EXPECT_EQ(waiting[0].seen.interest, Interest::present);
}

TEST_F(EnrolmentTest, ItWaitsAcrossARestart) {
    record({offered(phone, "BOOT1")});
    reboot();
    EXPECT_EQ(enrolment_->unknown().size(), 1U);
}

TEST_F(EnrolmentTest, AnAdoptedPhoneIsADeviceOfTheClassThatItShowed) {
    record({offered(phone, "BOOT1")});
    ASSERT_TRUE(enrolment_->adopt({mac_of(phone), "", "Reception", {{"P47", "sip.example.net"}}}));
    EXPECT_THAT(enrolment_->unknown(), IsEmpty());
    EXPECT_TRUE(serves(phone_binary));
    EXPECT_EQ(inventory_->device(mac_of(phone))->label, "Reception");
    EXPECT_EQ(parameters().at(test::name_of("P47")), "sip.example.net");
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_FALSE(serves(phone_binary));
}

TEST_F(EnrolmentTest, OnlyWhoWasSeenIsAdopted) {
    refuses(
        [&] {
            return enrolment_->adopt({mac_of(phone), "boot", "", {}});
        },
        ErrorKind::not_found, "has not been seen");
}

TEST_F(EnrolmentTest, AReleasedLeaseIsNoSightOfAPhone) {
    record({{EventKind::released, {{"MAC", phone}, {"IP", "192.0.2.7"}, {"REASON", "expire"}}}});
    EXPECT_THAT(enrolment_->unknown(), IsEmpty());
    EXPECT_EQ(states_->of(mac_of(phone)), DeviceState{});
}

TEST_F(EnrolmentTest, ThePhoneThatDoctorPlaysWaitsForNobody) {
    const std::string probe(probe_mac);
    record({offered(probe.c_str(), "BOOT1"), offered(phone, "BOOT1")});
    ASSERT_EQ(enrolment_->unknown().size(), 1U);
    EXPECT_EQ(enrolment_->unknown().front().mac, mac_of(phone));
}

TEST_F(EnrolmentTest, AFloodOfAddressesLeavesNoStatesBehind) {
    std::vector<Event> flood;
    std::array<char, 13> mac{};
    for (unsigned at = 0; at < UnknownPhones::phones_max + 500; ++at) {
        std::snprintf(mac.data(), mac.size(), "020000%06x", at);
        flood.push_back({EventKind::transfer_absent, {{"MAC", mac.data()}, {"NAME", "x"}}});
    }
    record(flood);
    ++now_;
    record({offered(phone, "BOOT1")});
    int states = 0;
    inventory_->database() << "SELECT COUNT(*) FROM device_state", soci::into(states);
    EXPECT_EQ(states, static_cast<int>(UnknownPhones::phones_max));
    EXPECT_EQ(enrolment_->unknown().back().mac, mac_of(phone));
}

TEST_F(EnrolmentTest, APinMakesADeviceWithItsLabelAndSettings) {
    const std::string pin = issue();
    record({offered(phone, "BOOT1")});
    const auto redeemed = enrolment_->redeem_pin(pin, mac_of(phone));
    ASSERT_TRUE(redeemed) << redeemed.error().message;
    EXPECT_EQ(redeemed->record.id(), "p1");
    EXPECT_EQ(redeemed->class_name, "boot");
    EXPECT_EQ(inventory_->device(mac_of(phone))->label, "Reception");
    EXPECT_EQ(opened(phone_xml, password())->at(test::name_of("P47")), "sip.example.net");
    EXPECT_TRUE(serves(phone_binary));
    EXPECT_EQ(published_.back().second, "device add 000b82123456 by PIN p1");
}

TEST_F(EnrolmentTest, APinIsGoodForOnePhone) {
    const std::string pin = issue();
    record({offered(phone, "BOOT1"), offered(other_phone, "BOOT1")});
    ASSERT_TRUE(enrolment_->redeem_pin(pin, mac_of(phone)));
    reboot();
    refuses([&] { return enrolment_->redeem_pin(pin, mac_of(other_phone)); }, ErrorKind::refused,
            "redeemed");
    ASSERT_TRUE(pipeline_->undo());
    refuses([&] { return enrolment_->redeem_pin(pin, mac_of(phone)); }, ErrorKind::refused,
            "redeemed");
}

TEST_F(EnrolmentTest, WhatCannotBeDoneWithItLeavesThePinOpen) {
    const std::string pin = issue();
    refuses([&] { return enrolment_->redeem_pin(pin, mac_of(phone)); }, ErrorKind::invalid,
            "no class recognises it");
    record({offered(phone, "BOOT1")});
    let_commits_fail();
    EXPECT_THROW(static_cast<void>(enrolment_->redeem_pin(pin, mac_of(phone))), soci::soci_error);
    let_commits_be();
    EXPECT_TRUE(enrolment_->redeem_pin(pin, mac_of(phone)));
}

TEST_F(EnrolmentTest, WrongPinsLockAndARestartDoesNotHelp) {
    const std::string pin = issue();
    record({offered(phone, "BOOT1")});
    const std::string wrong = pin == "0000000000" ? "1111111111" : "0000000000";
    for (int at = 0; at < EnrolmentPins::for_mac.free_tries; ++at)
        EXPECT_FALSE(enrolment_->redeem_pin(wrong, mac_of(phone)));
    reboot();
    refuses([&] { return enrolment_->redeem_pin(pin, mac_of(phone)); }, ErrorKind::refused,
            "too many wrong PINs");
    now_ += EnrolmentPins::for_mac.first_wait_s;
    EXPECT_TRUE(enrolment_->redeem_pin(pin, mac_of(phone)));
}

TEST_F(EnrolmentTest, APinWithWrongSettingsIsNotIssued) {
    for (const auto& [settings, why] :
         {std::pair<TypedSettings, const char*>{{{"web-port", "0"}}, "web-port"},
          {{{"P1359", "mine"}}, "XML password"}}) {
        const auto issued = enrolment_->issue_pin("", "", settings, day);
        ASSERT_FALSE(issued);
        EXPECT_THAT(issued.error().message, HasSubstr(why));
    }
    EXPECT_FALSE(enrolment_->issue_pin("", "nothing", {}, day));
    EXPECT_FALSE(enrolment_->issue_pin("a\nb", "", {}, day));
    EXPECT_THAT(enrolment_->pins(), IsEmpty());
}

TEST_F(EnrolmentTest, OnlyAClassWithAWindowHasOneToOpen) {
    add(phone, "gxp");
    refuses([&] { return enrolment_->rebootstrap(mac_of(phone)); }, ErrorKind::refused,
            "no bootstrap window");
    refuses([&] { return enrolment_->rebootstrap(mac_of(other_phone)); }, ErrorKind::not_found,
            "no device");
}

TEST_F(EnrolmentTest, AllDevicesGetANewPasswordInOneGeneration) {
    add(phone, "boot");
    add(other_phone, "gxp");
    folder_.write("classes/clear.xml",
                  class_xml("clear", "oui=\"020000\"", "<formats encrypted=\"no\"/>"));
    ASSERT_TRUE(pipeline_->reload());
    add("020000000001", "clear");
    published_.clear();
    const auto rotated = enrolment_->rotate_passwords({});
    ASSERT_TRUE(rotated) << rotated.error().message;
    EXPECT_THAT(rotated->begun, ElementsAre(mac_of(other_phone), mac_of(phone)));
    ASSERT_EQ(rotated->notes.size(), 1U);
    EXPECT_THAT(rotated->notes[0], HasSubstr("does not seal"));
    EXPECT_EQ(published_.size(), 1U);
}

TEST_F(EnrolmentTest, ANameThatWouldBeTooLongForTheDeviceIsRefused) {
    add(phone, "boot", {{"P235", std::string(30, 'x')}});
    refuses([&] { return enrolment_->rotate_passwords({mac_of(phone)}); }, ErrorKind::refused,
            "too long");
}

} // namespace
} // namespace plugtone
