#include "agent/enrolment_pins.hpp"

#include <set>

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using testing::HasSubstr;
using testing::Not;

constexpr long long start = 1'700'000'000;
constexpr long long day = 86'400;

class PinsTest : public testing::Test {
protected:
    PinsTest() { restart(); }
    void restart() {
        pins_.reset();
        inventory_ = std::make_unique<Inventory>(folder_.path("db"), test::test_box());
        pins_ = std::make_unique<EnrolmentPins>(inventory_->database(), test::test_box());
    }
    EnrolmentPins::Issued issue(long long now = start,
                                const TypedSettings& settings = {{"P34", "s3cret"}}) {
        return pins_->issue("Reception", "gxp", settings, day, now).value();
    }
    std::string refusal(std::string_view pin, const Mac& mac, long long now = start) {
        const auto found = pins_->look_up(pin, mac, now);
        EXPECT_FALSE(found);
        return found ? "" : found.error().message;
    }
    // Another one than any that was issued.
    static std::string wrong(const EnrolmentPins::Issued& issued, int number) {
        std::string pin(issued.pin.reveal());
        pin[static_cast<std::size_t>(number) % pin.size()] ^= 1;
        return pin;
    }

    test::TempFolder folder_;
    std::unique_ptr<Inventory> inventory_;
    std::unique_ptr<EnrolmentPins> pins_;
    const Mac phone_ = mac_of("000b82123456");
    const Mac other_ = mac_of("000b82000001");
};

TEST_F(PinsTest, APinIsTenDigitsAndStandsForItsSettings) {
    const auto issued = issue();
    EXPECT_THAT(std::string(issued.pin.reveal()), testing::MatchesRegex("[0-9]{10}"));
    restart();
    const auto found = pins_->look_up(issued.pin.reveal(), phone_, start + day - 1);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->record.label, "Reception");
    EXPECT_EQ(found->record.class_name, "gxp");
    EXPECT_EQ(found->settings, (TypedSettings{{"P34", "s3cret"}}));
}

TEST_F(PinsTest, NoTwoAreTheSame) {
    std::set<std::string> all;
    for (int at = 0; at < 50; ++at)
        all.emplace(issue().pin.reveal());
    EXPECT_EQ(all.size(), 50U);
}

TEST_F(PinsTest, ItIsTakenAsPeopleWriteIt) {
    const auto issued = issue();
    std::string pin(issued.pin.reveal());
    pin.insert(3, " ").insert(7, "-");
    EXPECT_TRUE(pins_->look_up(pin, phone_, start));
}

TEST_F(PinsTest, NeitherItNorItsSettingsLieInTheDatabase) {
    const auto issued = issue();
    inventory_->database() << "PRAGMA wal_checkpoint(TRUNCATE)";
    const std::string content = test::content_of(folder_.path("db"));
    EXPECT_THAT(content, HasSubstr("Reception"));
    EXPECT_THAT(content, Not(HasSubstr(std::string(issued.pin.reveal()))));
    EXPECT_THAT(content, Not(HasSubstr("s3cret")));
}

TEST_F(PinsTest, OnceItIsRedeemedItIsOver) {
    const auto issued = issue();
    pins_->redeem(issued.record, phone_);
    EXPECT_THAT(refusal(issued.pin.reveal(), other_), HasSubstr("p1 is redeemed"));
    restart();
    EXPECT_THAT(refusal(issued.pin.reveal(), other_), HasSubstr("p1 is redeemed"));
    ASSERT_EQ(pins_->all(start).size(), 1U);
    EXPECT_EQ(pins_->all(start).front().mac, phone_);
}

TEST_F(PinsTest, ItExpires) {
    const auto issued = issue();
    EXPECT_TRUE(pins_->look_up(issued.pin.reveal(), phone_, start + day - 1));
    EXPECT_THAT(refusal(issued.pin.reveal(), phone_, start + day), HasSubstr("expired"));
    EXPECT_EQ(pins_->all(start + day).front().state, PinState::expired);
}

TEST_F(PinsTest, FiveWrongOnesLockTheMacEvenForTheRightOne) {
    const auto issued = issue();
    for (int at = 0; at < 5; ++at)
        EXPECT_THAT(refusal(wrong(issued, at), phone_), HasSubstr("no PIN of these digits"));
    EXPECT_THAT(refusal(issued.pin.reveal(), phone_), HasSubstr("wait 60 s"));
    restart();
    EXPECT_THAT(refusal(issued.pin.reveal(), phone_, start + 59), HasSubstr("wait 1 s"));
    EXPECT_TRUE(pins_->look_up(issued.pin.reveal(), other_, start)) << "another MAC is free";
    EXPECT_TRUE(pins_->look_up(issued.pin.reveal(), phone_, start + 60));
}

TEST_F(PinsTest, ATryWhileItIsLockedDoesNotCount) {
    const auto issued = issue();
    for (int at = 0; at < 5; ++at)
        refusal(wrong(issued, at), phone_);
    for (int at = 0; at < 100; ++at)
        refusal(wrong(issued, at), phone_, start + 1);
    EXPECT_TRUE(pins_->look_up(issued.pin.reveal(), phone_, start + 60));
}

TEST_F(PinsTest, TheNextWrongOneWaitsTwiceAsLong) {
    const auto issued = issue();
    for (int at = 0; at < 5; ++at)
        refusal(wrong(issued, at), phone_);
    refusal(wrong(issued, 1), phone_, start + 60);
    EXPECT_THAT(refusal(issued.pin.reveal(), phone_, start + 61), HasSubstr("wait 119 s"));
}

TEST_F(PinsTest, NobodyGuessesByChangingTheMac) {
    const auto issued = issue();
    for (int at = 0; at < EnrolmentPins::for_all.free_tries; ++at) {
        const std::string last = (at < 10 ? "0" : "") + std::to_string(at);
        refusal(wrong(issued, at), mac_of(("000b820000" + last).c_str()));
    }
    EXPECT_THAT(refusal(issued.pin.reveal(), phone_), HasSubstr("of late"));
    EXPECT_TRUE(pins_->look_up(issued.pin.reveal(), phone_, start + 60));
    int rows = 0;
    inventory_->database() << "SELECT COUNT(*) FROM pin_throttle", soci::into(rows);
    EXPECT_EQ(rows, EnrolmentPins::for_all.free_tries + 1);
    refusal(wrong(issued, 1), phone_, start + 3 * day);
    inventory_->database() << "SELECT COUNT(*) FROM pin_throttle", soci::into(rows);
    EXPECT_EQ(rows, 2) << "what is forgotten is not kept";
}

TEST_F(PinsTest, ARightOneForgivesTheMac) {
    const auto issued = issue();
    for (int at = 0; at < 4; ++at)
        refusal(wrong(issued, at), phone_);
    pins_->redeem(issued.record, phone_);
    refusal(wrong(issued, 1), phone_);
    EXPECT_THAT(refusal(wrong(issued, 2), phone_), HasSubstr("no PIN of these digits"));
}

TEST_F(PinsTest, IsRevokedByItsIdOrItsDigits) {
    const auto first = issue();
    const auto second = issue();
    EXPECT_TRUE(pins_->revoke("p1", start));
    EXPECT_TRUE(pins_->revoke(second.pin.reveal(), start));
    EXPECT_THAT(refusal(first.pin.reveal(), phone_), HasSubstr("p1 is revoked"));
    EXPECT_FALSE(pins_->revoke("p1", start));
    EXPECT_FALSE(pins_->revoke("p99", start));
}

TEST_F(PinsTest, RevokingIsNoWayToGuessThem) {
    const auto issued = issue();
    for (int at = 0; at < EnrolmentPins::for_all.free_tries; ++at)
        EXPECT_FALSE(pins_->revoke(wrong(issued, at), start));
    const auto locked = pins_->revoke(issued.pin.reveal(), start);
    ASSERT_FALSE(locked);
    EXPECT_THAT(locked.error().message, HasSubstr("wait 60 s"));
}

TEST_F(PinsTest, ThereAreOnlySoManyOpenOnes) {
    soci::transaction transaction(inventory_->database());
    for (int at = 0; at < EnrolmentPins::open_max; ++at)
        issue(start, {});
    transaction.commit();
    const auto more = pins_->issue("", "", {}, day, start);
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().kind, ErrorKind::refused);
    EXPECT_TRUE(pins_->issue("", "", {}, day, start + day)) << "those have expired";
}

TEST_F(PinsTest, RefusesATimeThatIsNone) {
    EXPECT_FALSE(pins_->issue("", "", {}, 0, start));
    EXPECT_FALSE(pins_->issue("", "", {}, 400 * day, start));
}

} // namespace
} // namespace plugtone
