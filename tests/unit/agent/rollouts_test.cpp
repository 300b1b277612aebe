#include "agent/rollouts.hpp"

#include "core/classes/known_parameters.hpp"
#include "tests/unit/agent/running_agent.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using test::other_phone;
using test::phone;
using testing::HasSubstr;
using testing::IsEmpty;

class RolloutsTest : public test::RunningAgent {
protected:
    RolloutsTest() {
        add(phone);
        add(other_phone);
        old_ = import("1.0.11.35");
        new_ = import("1.0.11.40");
        again();
    }
    // A new agent on the same database.
    void again() {
        rollouts_.reset();
        restart();
        rollouts_ =
            std::make_unique<Rollouts>(*pipeline_, [this](Seconds) { return minute_of_day_; });
    }
    FirmwareId import(const std::string& version) {
        Firmware firmware;
        firmware.model = "GXP2160";
        firmware.version = FirmwareVersion::parse(version).value();
        firmware.shelf = {"", "_" + version};
        firmware.files = {{"gxp2160fw.bin", 1, "aa"}};
        return inventory_->firmware().add(firmware);
    }
    RolloutRequest wanted(const std::string& rings = "canary 000b82123456;100%") const {
        return {new_, "gxp", rings, "", {}, 0, 0};
    }
    long long start() {
        const auto id = rollouts_->start(wanted(), now_);
        EXPECT_TRUE(id) << id.error().message;
        return id.value_or(0);
    }
    void did(const char* mac, EventKind kind, const std::string& name, const std::string& version) {
        Event event{kind,
                    {{"MAC", mac},
                     {"NAME", name},
                     {"DEVICE_MODEL", "GXP2160"},
                     {"DEVICE_FIRMWARE", version}}};
        if (name.starts_with("cfg"))
            event.fields.emplace_back("OWNER", mac);
        rollouts_->happened({event}, now_);
    }
    void fetches(const char* mac, const std::string& version) {
        did(mac, EventKind::transfer_done, "cfg" + std::string(mac) + ".xml", version);
    }
    void loads(const char* mac) {
        did(mac, EventKind::transfer_done, "/gxp2160fw.bin_1.0.11.40", "1.0.11.35");
    }
    std::string told(const char* mac) {
        const Composition all = pipeline_->composition_of(inventory_->device(mac_of(mac)).value());
        const auto found = all.find(known::firmware_postfix);
        return found == all.end() ? "" : found->second.value;
    }
    RolloutState state(long long id) { return rollouts_->all().at(id).progress().state; }

    FirmwareId old_ = 0;
    FirmwareId new_ = 0;
    unsigned minute_of_day_ = 0;
    Seconds now_ = 1'000'000;
    std::unique_ptr<Rollouts> rollouts_;
};

TEST_F(RolloutsTest, PinsRingByRingAsThePhonesReport) {
    const long long id = start();
    EXPECT_EQ(told(phone), "_1.0.11.40");
    EXPECT_EQ(told(other_phone), "");
    fetches(phone, "1.0.11.35");
    loads(phone);
    EXPECT_EQ(told(other_phone), "");
    fetches(phone, "1.0.11.40");
    EXPECT_EQ(told(other_phone), "_1.0.11.40");
    fetches(other_phone, "1.0.11.40");
    EXPECT_EQ(state(id), RolloutState::finished);
    EXPECT_EQ(told(phone), "_1.0.11.40") << "it stays so";
}

TEST_F(RolloutsTest, GoesOnAfterARestart) {
    const long long id = start();
    fetches(phone, "1.0.11.35");
    loads(phone);
    again();
    EXPECT_EQ(told(phone), "_1.0.11.40");
    const Member* member = rollouts_->all().at(id).find(mac_of(phone));
    EXPECT_TRUE(member->asked && member->loaded);
    EXPECT_EQ(member->state, MemberState::downloading);
    fetches(phone, "1.0.11.40");
    EXPECT_EQ(told(other_phone), "_1.0.11.40");
    again();
    EXPECT_EQ(rollouts_->all().at(id).progress().ring, 1U);
    EXPECT_EQ(rollouts_->versions().of(mac_of(phone))->version, "1.0.11.40");
}

TEST_F(RolloutsTest, HaltsAndIsAProblemUntilItIsAborted) {
    const long long id = start();
    fetches(phone, "1.0.11.35");
    loads(phone);
    fetches(phone, "1.0.11.35");
    EXPECT_EQ(state(id), RolloutState::halted);
    ASSERT_EQ(rollouts_->problems().size(), 1U);
    EXPECT_THAT(rollouts_->problems()[0], HasSubstr("rollout 1 has halted: device 000b82123456"));
    again();
    EXPECT_EQ(state(id), RolloutState::halted);
    ASSERT_TRUE(rollouts_->abort(id));
    EXPECT_THAT(rollouts_->problems(), IsEmpty());
    EXPECT_EQ(told(phone), "");
}

TEST_F(RolloutsTest, AbortedThePinOfBeforeCountsAgain) {
    ASSERT_TRUE(pipeline_->change("pin", Scope::all(), [&](Generation generation) {
        inventory_->pins().pin_class(generation, "gxp", old_);
        return Done{};
    }));
    const long long id = start();
    EXPECT_EQ(told(phone), "_1.0.11.40");
    ASSERT_TRUE(rollouts_->abort(id));
    EXPECT_EQ(told(phone), "_1.0.11.35");
    EXPECT_EQ(pipeline_->undo().value(), "pin") << "a rollout's steps are no operator's changes";
    EXPECT_EQ(told(phone), "");
}

TEST_F(RolloutsTest, OthersFilesAndOtherFilesMoveNothing) {
    const long long id = start();
    did(phone, EventKind::transfer_done, "phonebook.xml", "1.0.11.40");
    did(phone, EventKind::transfer_done, "gxp2160fw.bin_1.0.11.35", "1.0.11.35");
    Event others{EventKind::transfer_done,
                 {{"MAC", phone}, {"OWNER", other_phone}, {"DEVICE_FIRMWARE", "1.0.11.40"}}};
    rollouts_->happened({others}, now_);
    const Member* member = rollouts_->all().at(id).find(mac_of(phone));
    EXPECT_FALSE(member->asked);
    EXPECT_FALSE(member->loaded);
}

TEST_F(RolloutsTest, TimeMovesItToo) {
    const long long id = start();
    fetches(phone, "1.0.11.35");
    EXPECT_TRUE(rollouts_->due());
    now_ += Rollout::upgrade_max;
    rollouts_->advance(now_);
    EXPECT_EQ(state(id), RolloutState::halted);
    EXPECT_EQ(rollouts_->due(), now_ + Rollouts::tick);
    ASSERT_TRUE(rollouts_->abort(id));
    EXPECT_FALSE(rollouts_->due()) << "nobody has to wake up for it";
}

TEST_F(RolloutsTest, TellsPhonesInQuietHoursOnly) {
    minute_of_day_ = 12 * 60;
    RolloutRequest request = wanted();
    request.quiet_hours = "22:00-06:00";
    ASSERT_TRUE(rollouts_->start(request, now_));
    EXPECT_EQ(told(phone), "");
    minute_of_day_ = 23 * 60;
    rollouts_->advance(now_);
    EXPECT_EQ(told(phone), "_1.0.11.40");
    minute_of_day_ = 6 * 60;
    rollouts_->advance(now_);
    EXPECT_EQ(told(phone), "");
}

TEST_F(RolloutsTest, ADeviceThatIsRemovedHoldsNobodyUp) {
    const long long id = start();
    ASSERT_TRUE(operations_->remove_device(mac_of(phone)));
    rollouts_->advance(now_);
    EXPECT_EQ(rollouts_->all().at(id).find(mac_of(phone))->state, MemberState::silent);
}

TEST_F(RolloutsTest, WithoutAClassItIsForThoseThatReportTheModel) {
    RolloutRequest request = wanted("100%");
    request.class_name = "";
    EXPECT_THAT(rollouts_->start(request, now_).error().message,
                HasSubstr("no phone has reported"));
    fetches(phone, "1.0.11.35");
    const auto id = rollouts_->start(request, now_);
    ASSERT_TRUE(id);
    EXPECT_EQ(rollouts_->all().at(*id).members().size(), 1U);
}

TEST_F(RolloutsTest, RefusesWhatMakesNoSense) {
    const auto why = [&](const RolloutRequest& request) {
        const auto started = rollouts_->start(request, now_);
        return started ? "taken" : started.error().message;
    };
    RolloutRequest request = wanted();
    request.firmware = 77;
    EXPECT_THAT(why(request), HasSubstr("no firmware 77"));
    request = wanted();
    request.class_name = "tree";
    EXPECT_THAT(why(request), HasSubstr("no class 'tree'"));
    request = wanted("canary 000b82ffffff");
    EXPECT_THAT(why(request), HasSubstr("none of the phones"));
    request = wanted();
    request.via = {std::to_string(new_)};
    EXPECT_THAT(why(request), HasSubstr("an older version"));
    request.via = {"77"};
    EXPECT_THAT(why(request), HasSubstr("no firmware 77"));
    EXPECT_THAT(rollouts_->all(), IsEmpty());
    start();
    EXPECT_THAT(why(wanted()), HasSubstr("is in rollout 1, which has not ended"));
    EXPECT_THAT(rollouts_->pause(9, now_).error().message, HasSubstr("no rollout 9"));
}

TEST_F(RolloutsTest, AStepThatCannotBePublishedHaltsIt) {
    RolloutRequest request = wanted();
    request.quiet_hours = "22:00-06:00";
    minute_of_day_ = 12 * 60;
    const long long id = rollouts_->start(request, now_).value();
    std::filesystem::remove_all(folder_.path("generations"));
    folder_.write("generations", "no folder");
    minute_of_day_ = 23 * 60;
    rollouts_->advance(now_);
    EXPECT_EQ(state(id), RolloutState::halted);
    EXPECT_THAT(rollouts_->problems()[0], HasSubstr("cannot be published"));
    EXPECT_EQ(rollouts_->all().at(id).find(mac_of(phone))->state, MemberState::waiting);
}

} // namespace
} // namespace plugtone
