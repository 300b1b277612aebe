#include "agent/firmware_desk.hpp"

#include <fcntl.h>
#include <poll.h>

#include "core/classes/known_parameters.hpp"
#include "tests/unit/agent/running_agent.hpp"
#include "tests/unit/firmware/made_archive.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using test::made_archive;
using test::phone;
using testing::HasSubstr;

class FirmwareDeskTest : public test::RunningAgent {
protected:
    FirmwareDeskTest() { add(phone); }

    // The job that it became, ended.
    Job import(const Bytes& archive) { return import(archive, usual()); }
    Job import(const Bytes& archive, const FirmwareImport& wanted) {
        folder_.write("upload", as_text(archive));
        const auto number =
            desk_.import(Fd(::open(folder_.path("upload").c_str(), O_RDONLY | O_CLOEXEC)), wanted);
        EXPECT_TRUE(number) << number.error().message;
        while (number && jobs_.find(*number)->state == JobState::running) {
            pollfd wait{jobs_.fd(), POLLIN, 0};
            ::poll(&wait, 1, -1);
            jobs_.advance(Jobs::Clock::now());
        }
        return number ? *jobs_.find(*number) : Job{};
    }
    static FirmwareImport usual(const std::string& version = "1.0.11.40") {
        return {"gxp2160.zip", "GXP2160", version, {}, {}};
    }
    static Bytes archive() { return made_archive("zip", {{"gxp2160fw.bin", "content"}}); }
    std::string told() {
        const Composition all =
            pipeline_->composition_of(inventory_->device(mac_of(phone)).value());
        const auto found = all.find(known::firmware_postfix);
        return found == all.end() ? "" : found->second.value;
    }

    std::string shelves_ = folder_.path("firmware");
    Jobs jobs_;
    Rollouts rollouts_{*pipeline_, [](Seconds) { return 0U; }};
    FirmwareDesk desk_{*pipeline_, jobs_, rollouts_, shelves_};
};

TEST_F(FirmwareDeskTest, ImportsOntoAShelfOfModelAndVersion) {
    const Job job = import(archive());
    ASSERT_EQ(job.state, JobState::done) << (job.error ? job.error->message : "");
    EXPECT_EQ(job.result["id"], 1);
    EXPECT_EQ(job.result["files"][0]["served"], "gxp2160_gxp2160fw.bin_1.0.11.40");
    EXPECT_THAT(job.result["notes"][0].get<std::string>(), HasSubstr("no class says"));
    EXPECT_EQ(test::content_of(shelves_ + "/gxp2160_@_1.0.11.40/gxp2160fw.bin"), "content");
    EXPECT_EQ(inventory_->firmware().find(1)->files.at(0).size, 7U);
}

TEST_F(FirmwareDeskTest, TakesABareFileAsItStands) {
    FirmwareImport wanted = usual();
    wanted.file_name = "gxp2160fw.bin";
    wanted.prefix = "";
    const Job job = import(archive(), wanted);
    ASSERT_EQ(job.state, JobState::done);
    EXPECT_EQ(test::content_of(shelves_ + "/@_1.0.11.40/gxp2160fw.bin"), as_text(archive()));
}

TEST_F(FirmwareDeskTest, ABadArchiveLeavesNothing) {
    const Job job = import(made_archive("tar", {{"a.bin", "good"}, {"../b.bin", "bad"}}));
    EXPECT_EQ(job.state, JobState::failed);
    EXPECT_THAT(job.error->message, HasSubstr("'..' in the name"));
    EXPECT_TRUE(std::filesystem::is_empty(shelves_));
    EXPECT_TRUE(inventory_->firmware().in_state(FirmwareState::there).empty());
}

TEST_F(FirmwareDeskTest, RefusesAShelfThatIsTakenAndWhatIsNoModelOrVersion) {
    import(archive());
    const auto why = [&](const FirmwareImport& wanted) {
        const auto refused =
            desk_.import(Fd(::open(folder_.path("upload").c_str(), O_RDONLY | O_CLOEXEC)), wanted);
        return refused ? "taken" : refused.error().message;
    };
    EXPECT_THAT(why(usual()), HasSubstr("is there already"));
    EXPECT_THAT(why(usual("new")), HasSubstr("version: want numbers"));
    EXPECT_THAT(why({"x.zip", "../x", "1", {}, {}}), HasSubstr("model: want"));
    EXPECT_THAT(why({"x.zip", "X", "1", "../", {}}), HasSubstr("prefix: "));
}

TEST_F(FirmwareDeskTest, APinTellsThePhoneAndUndoTakesItBack) {
    import(archive());
    ASSERT_TRUE(desk_.pin(1, {"", "gxp"}));
    EXPECT_EQ(told(), "_1.0.11.40");
    const Composition all = pipeline_->composition_of(inventory_->device(mac_of(phone)).value());
    EXPECT_EQ(layer_name(all.at(known::firmware_postfix).layer), "firmware pin");
    EXPECT_EQ(all.at(known::firmware_check).value, "0");
    ASSERT_TRUE(desk_.unpin({"", "gxp"}));
    EXPECT_EQ(told(), "");
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_EQ(told(), "_1.0.11.40");
    EXPECT_EQ(pipeline_->undo().value(), "firmware pin 1 class gxp");
    EXPECT_EQ(told(), "");
}

TEST_F(FirmwareDeskTest, RefusesPinsOfNobodyAndToNothing) {
    import(archive());
    EXPECT_THAT(desk_.pin(1, {phone, "gxp"}).error().message, HasSubstr("either"));
    EXPECT_THAT(desk_.pin(1, {"", ""}).error().message, HasSubstr("either"));
    EXPECT_THAT(desk_.pin(9, {phone, ""}).error().message, HasSubstr("no firmware 9"));
    EXPECT_THAT(desk_.pin(1, {"", "tree"}).error().message, HasSubstr("no class 'tree'"));
    EXPECT_THAT(desk_.pin(1, {"000b82ffffff", ""}).error().message, HasSubstr("no device"));
    EXPECT_THAT(desk_.unpin({phone, ""}).error().message, HasSubstr("pinned to no firmware"));
}

TEST_F(FirmwareDeskTest, IsRemovedOnlyWhenNobodyNeedsIt) {
    import(archive());
    ASSERT_TRUE(desk_.pin(1, {phone, ""}));
    EXPECT_THAT(desk_.remove(1).error().message, HasSubstr("000b82123456 is pinned to it"));
    ASSERT_TRUE(desk_.unpin({phone, ""}));
    const auto rollout = rollouts_.start({1, "gxp", "100%", "", {}, 0, 0}, 1000);
    ASSERT_TRUE(rollout);
    EXPECT_THAT(desk_.remove(1).error().message, HasSubstr("rollout 1 uses it"));
    EXPECT_THAT(desk_.pin(1, {phone, ""}).error().message, HasSubstr("is in rollout 1"));
    ASSERT_TRUE(rollouts_.abort(*rollout));
    ASSERT_TRUE(desk_.remove(1));
    EXPECT_TRUE(std::filesystem::is_empty(shelves_));
    EXPECT_EQ(desk_.remove(1).error().kind, ErrorKind::not_found);
}

TEST_F(FirmwareDeskTest, AnUndoToFirmwareThatIsGoneIsRefused) {
    import(archive());
    ASSERT_TRUE(desk_.pin(1, {phone, ""}));
    ASSERT_TRUE(desk_.unpin({phone, ""}));
    ASSERT_TRUE(desk_.remove(1));
    const auto refused = pipeline_->undo();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("which was removed"));
}

TEST_F(FirmwareDeskTest, WhatAPowerCutLeftHalfDoneIsMendedAtTheStart) {
    import(archive());
    FirmwareRows& rows = inventory_->firmware();
    rows.move_to(1, FirmwareState::placing); // named, and not yet said so
    Firmware never = rows.in_state(FirmwareState::placing).at(0);
    never.shelf.postfix = "_never";
    rows.add(never);
    folder_.write("firmware/.new-abc/x.bin", "half");
    recover_firmware(rows, shelves_);
    EXPECT_TRUE(rows.find(1));
    EXPECT_FALSE(rows.find(2));
    EXPECT_FALSE(std::filesystem::exists(shelves_ + "/.new-abc"));
    rows.move_to(1, FirmwareState::removing);
    recover_firmware(rows, shelves_);
    EXPECT_FALSE(rows.find(1));
    EXPECT_TRUE(std::filesystem::is_empty(shelves_));
}

} // namespace
} // namespace plugtone
