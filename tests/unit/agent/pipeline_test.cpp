#include "agent/pipeline.hpp"

#include <filesystem>

#include "tests/unit/agent/running_agent.hpp"

namespace plugtone {
namespace {

namespace fs = std::filesystem;

using test::class_xml;
using test::content_of;
using test::files_below;
using test::inode_of;
using test::mac_of;
using test::name_of;
using test::other_phone;
using test::phone;
using test::phone_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

using PipelineTest = test::RunningAgent;

TEST_F(PipelineTest, TheFirstStartPublishesTheGenericFile) {
    EXPECT_EQ(pipeline_->live(), 1);
    EXPECT_THAT(published_, ElementsAre(Pair(1, "start")));
    EXPECT_EQ(live_files().count("@/cfg.xml"), 1U);
    EXPECT_EQ(live_files().count("gs_@/cfg.xml"), 1U);
}

TEST_F(PipelineTest, AStartWithoutAChangePublishesNothing) {
    add();
    const auto files = live_files();
    published_.clear();
    restart();
    EXPECT_EQ(pipeline_->live(), 2);
    EXPECT_EQ(live_files(), files);
    EXPECT_THAT(published_, IsEmpty());
    EXPECT_EQ(inventory_->newest(), 2);
    EXPECT_THAT(publisher_.kept(), ElementsAre(1, 2)) << "what was built to compare is gone";
}

// What nobody says is new is not composed: only so is a start with thousands of devices quick.
TEST_F(PipelineTest, AStartComposesWhatIsNoPartOfAGenerationYetAndNothingElse) {
    add();
    inventory_->set_parameters(2, {{mac_of(phone), test::assign("P47", "a")}});
    restart();
    EXPECT_EQ(pipeline_->live(), 2);
    inventory_->composed().look_again(mac_of(phone));
    restart();
    EXPECT_EQ(pipeline_->live(), 3);
    restart();
    EXPECT_EQ(pipeline_->live(), 3);
}

TEST_F(PipelineTest, AStartComposesAnewWhenOthersThanTheInventoryHaveChanged) {
    add();
    folder_.write("classes/gxp.xml",
                  class_xml("gxp", "vendor-class=\"GXP\"",
                            "<names config-prefix=\"gs_\"/><defaults><P3>f</P3></defaults>"));
    restart();
    EXPECT_EQ(pipeline_->live(), 3);
    inventory_->database() << "UPDATE composed SET circumstances = 'another program'";
    inventory_->set_parameters(3, {{mac_of(phone), test::assign("P47", "a")}});
    restart();
    EXPECT_EQ(pipeline_->live(), 4);
}

TEST_F(PipelineTest, WhatTheStartFindsIsLookedAtAfterwardsAndMended) {
    add();
    add(other_phone);
    const auto files = live_files();
    fs::remove(folder_.path("config/" + std::string(phone_file)));
    folder_.write("config/@/cfg.xml", "damaged");
    published_.clear();
    restart();
    EXPECT_EQ(pipeline_->live(), 3) << "the start does not wait for it";
    std::size_t looks = 0;
    while (pipeline_->look_on(std::chrono::milliseconds(0)))
        ++looks;
    EXPECT_GE(looks, files.size() - 2) << "a file at a time";
    EXPECT_THAT(published_, ElementsAre(Pair(4, "files that were missing or damaged")));
    EXPECT_EQ(scopes_.back().devices, std::set{mac_of(phone)});
    EXPECT_EQ(live_files().count(phone_file), 1U);
    EXPECT_EQ(live_files().at("@/cfg.xml"), files.at("@/cfg.xml"));
    EXPECT_FALSE(pipeline_->look_on(std::chrono::milliseconds(0)));
    EXPECT_EQ(published_.size(), 1U);
}

TEST_F(PipelineTest, AChangeLooksAtWhatTheStartFoundBefore) {
    add();
    add(other_phone);
    fs::remove(folder_.path("config/" + std::string(phone_file)));
    restart();
    ASSERT_TRUE(set({{"P47", "a"}}, other_phone));
    EXPECT_EQ(live_files().count(phone_file), 1U);
    EXPECT_EQ(published_.back().second, "device set 000b82000001 P47");
}

TEST_F(PipelineTest, EachChangeIsOneGeneration) {
    ASSERT_TRUE(
        operations_->add_device({mac_of(phone), "gxp", "Reception", {{"P47", "a"}, {"P2", "b"}}}));
    EXPECT_EQ(pipeline_->live(), 2);
    ASSERT_TRUE(set({{"P47", "c"}, {"P3", "d"}}));
    ASSERT_TRUE(operations_->unset_parameters(mac_of(phone), {"P47", "P2"}));
    ASSERT_TRUE(operations_->set_shared(of_site, {{"P64", "auto"}}, true));
    ASSERT_TRUE(operations_->unset_shared(of_site, {"P64"}));
    ASSERT_TRUE(operations_->remove_device(mac_of(phone)));
    EXPECT_THAT(published_,
                ElementsAre(Pair(1, "start"), Pair(2, "device add 000b82123456"),
                            Pair(3, "device set 000b82123456 P3 P47"),
                            Pair(4, "device unset 000b82123456 P47 P2"), Pair(5, "site set P64"),
                            Pair(6, "site unset P64"), Pair(7, "device remove 000b82123456")));
    EXPECT_EQ(inventory_->newest(), 7);
    EXPECT_EQ(pipeline_->live(), 7);
    EXPECT_EQ(live_files(), files_below(generation(1)));
}

TEST_F(PipelineTest, AChangeThatCannotBePublishedIsNoChange) {
    add();
    fs::remove(folder_.path("config"));
    fs::create_directories(folder_.path("config/in-the-way"));
    EXPECT_FALSE(set({{"P47", "a"}}));
    EXPECT_THAT(inventory_->parameters(mac_of(phone)), IsEmpty());
    EXPECT_EQ(inventory_->newest(), 2);
    EXPECT_THAT(publisher_.kept(), ElementsAre(1, 2));
}

TEST_F(PipelineTest, ACommitThatFailsBringsTheOldGenerationBack) {
    add();
    const auto files = live_files();
    let_commits_fail();
    EXPECT_THROW(static_cast<void>(set({{"P47", "a"}})), soci::soci_error);
    EXPECT_EQ(pipeline_->live(), 2);
    EXPECT_EQ(live_files(), files);
    EXPECT_THAT(inventory_->parameters(mac_of(phone)), IsEmpty());
    EXPECT_THAT(publisher_.kept(), ElementsAre(1, 2));
    let_commits_be();
    ASSERT_TRUE(set({{"P47", "a"}}));
    EXPECT_EQ(pipeline_->live(), 3);
}

TEST_F(PipelineTest, AListenerThatFailsDoesNotMakeALiveChangeARefusedOne) {
    Pipeline deaf(
        *inventory_, publisher_, *states_, folders(),
        [](Generation, const std::string&, const Scope&) { throw std::runtime_error("no bus"); });
    EXPECT_TRUE(Operations(deaf).add_device({mac_of(phone), "gxp", "", {}}));
    EXPECT_EQ(deaf.live(), 2);
}

// What each kind of change does, undo takes back; the phones' files are the very same bytes.
TEST_F(PipelineTest, UndoBringsBackTheVerySameBytes) {
    folder_.write("classes/other.xml", class_xml("other", "vendor-class=\"other\""));
    ASSERT_TRUE(pipeline_->reload());
    add();
    ASSERT_TRUE(set({{"P47", "a"}, {"P2", "b"}}));
    ASSERT_TRUE(operations_->set_shared(of_site, {{"P64", "auto"}}, true));
    const Mac mac = mac_of(phone);
    const std::vector<std::pair<std::string, std::function<bool()>>> changes = {
        {"device set 000b82123456 P47",
         [&] {
             return set({{"P47", "changed"}}).has_value();
         }},
        {"device set 000b82123456 P3",
         [&] {
             return set({{"P3", "new"}}).has_value();
         }},
        {"device unset 000b82123456 P2",
         [&] { return operations_->unset_parameters(mac, {"P2"}).has_value(); }},
        {"device remove 000b82123456", [&] { return operations_->remove_device(mac).has_value(); }},
        {"device add 000b82000001",
         [&] {
             return operations_->add_device({mac_of("000b82000001"), "gxp", "", {}}).has_value();
         }},
        {"class gxp set P901",
         [&] {
             return operations_->set_shared("gxp", {{"P901", "80"}}, false).has_value();
         }},
        {"device set 000b82123456 class",
         [&] {
             return operations_->change_device(mac, {"other", {}, {}}).has_value();
         }},
        {"device import-legacy 000b82123456",
         [&] {
             const GsBinary file{mac, {}};
             return operations_->import_vendor_file(mac, encode_gs_binary(file).value())
                 .has_value();
         }},
        {"site set P64",
         [&] {
             return operations_->set_shared(of_site, {{"P64", "other"}}, false).has_value();
         }},
        {"site unset P64", [&] { return operations_->unset_shared(of_site, {"P64"}).has_value(); }},
    };
    for (const auto& [what, change] : changes) {
        const auto before = live_files();
        const Generation live = pipeline_->live();
        ASSERT_TRUE(change()) << what;
        EXPECT_NE(live_files(), before) << what;
        const auto undone = pipeline_->undo();
        ASSERT_TRUE(undone) << undone.error().message;
        EXPECT_EQ(*undone, what);
        EXPECT_EQ(live_files(), before) << what;
        EXPECT_EQ(pipeline_->live(), live + 2) << "an undo is a generation, too";
        EXPECT_EQ(published_.back().second, "undo of " + what);
    }
}

TEST_F(PipelineTest, UndoTwiceGoesFurtherBack) {
    add();
    const auto added = live_files();
    ASSERT_TRUE(set({{"P47", "a"}}));
    const auto first = live_files();
    ASSERT_TRUE(set({{"P47", "b"}}));
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_EQ(live_files(), first);
    restart(); // the database remembers what was taken back
    EXPECT_EQ(*pipeline_->undo(), "device set 000b82123456 P47");
    EXPECT_EQ(live_files(), added);
    EXPECT_EQ(*pipeline_->undo(), "device add 000b82123456");
    EXPECT_THAT(inventory_->devices(), IsEmpty());
    const auto refused = pipeline_->undo();
    ASSERT_FALSE(refused) << "nobody asked for 'start'";
    EXPECT_EQ(refused.error().kind, ErrorKind::not_found);
}

TEST_F(PipelineTest, AnUndoneChangeCanBeMadeAgain) {
    add();
    ASSERT_TRUE(pipeline_->undo());
    add();
    ASSERT_TRUE(set({{"P47", "a"}}));
    EXPECT_EQ(*pipeline_->undo(), "device set 000b82123456 P47");
    EXPECT_EQ(*pipeline_->undo(), "device add 000b82123456");
}

// A power cut between the switch of the link and the commit.
TEST_F(PipelineTest, StartTakesALinkThatIsAheadBack) {
    add();
    const auto files = live_files();
    Document document;
    document.paths = {"@/cfg.xml"};
    document.plain = render(document.content).value();
    auto build = publisher_.begin(3, Scope::all());
    ASSERT_TRUE(build);
    ASSERT_TRUE(build->add(document));
    ASSERT_TRUE(publisher_.finish(*std::move(build), false));
    ASSERT_TRUE(publisher_.switch_to(3));
    restart();
    EXPECT_EQ(live_files(), files);
    EXPECT_EQ(pipeline_->live(), 2);
    add("000b82000001");
    EXPECT_EQ(pipeline_->live(), inventory_->newest());
}

TEST_F(PipelineTest, StartBringsALinkThatIsBehindForward) {
    add();
    const auto files = live_files();
    ASSERT_TRUE(publisher_.switch_to(1));
    restart();
    EXPECT_EQ(pipeline_->live(), 2);
    EXPECT_EQ(live_files(), files);
}

TEST_F(PipelineTest, StartMendsALinkThatIsGone) {
    add();
    const auto files = live_files();
    fs::remove(folder_.path("config"));
    restart();
    EXPECT_EQ(pipeline_->live(), 2);
    EXPECT_EQ(live_files(), files);
}

TEST_F(PipelineTest, StartBuildsAnewWhenTheTreeIsLost) {
    add();
    ASSERT_TRUE(set({{"P47", "a"}}));
    publisher_.settle();
    fs::remove_all(folder_.path("generations"));
    restart();
    EXPECT_EQ(pipeline_->live(), 4);
    EXPECT_EQ(live_files().count(phone_file), 1U);
}

// The first generation of all was switched to and not committed: number 1 is live, and the
// inventory has none.
TEST_F(PipelineTest, StartDoesNotBuildOverTheLiveGeneration) {
    stop();
    for (const char* name : {"db", "db-wal", "db-shm"})
        fs::remove(folder_.path(name));
    folder_.write("classes/gxp.xml", class_xml("gxp", "vendor-class=\"GXP\""));
    const auto first = files_below(generation(1));
    restart();
    EXPECT_EQ(pipeline_->live(), 2);
    EXPECT_EQ(files_below(generation(1)), first);
    add();
    EXPECT_EQ(pipeline_->live(), 3);
    EXPECT_EQ(inventory_->newest(), 3);
}

TEST_F(PipelineTest, ADatabaseFromABackupDoesNotDisturbWhatIsServed) {
    add();
    inventory_->database() << "PRAGMA wal_checkpoint(TRUNCATE)";
    const std::string backup = content_of(folder_.path("db"));
    for (int round = 0; round < 12; ++round)
        ASSERT_TRUE(operations_->set_shared(of_site, {{"P64", std::to_string(round)}}, true));
    stop();
    folder_.write("db", backup);
    restart();
    EXPECT_TRUE(inventory_->shared(of_site).empty());
    EXPECT_EQ(pipeline_->live(), inventory_->newest());
    EXPECT_EQ(live_files().count(phone_file), 1U);
    ASSERT_TRUE(operations_->set_shared(of_site, {{"P64", "x"}}, true));
    EXPECT_EQ(pipeline_->live(), inventory_->newest());
}

TEST_F(PipelineTest, WithoutTheLinkAChangeIsRefusedUntilPublishMendsIt) {
    add();
    const auto files = live_files();
    fs::remove(folder_.path("config"));
    const auto refused = set({{"P47", "a"}});
    ASSERT_FALSE(refused) << "the files of all others would be gone";
    EXPECT_THAT(refused.error().message, HasSubstr("'plugtonectl publish' makes it anew"));
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_EQ(live_files().size(), files.size());
    EXPECT_TRUE(set({{"P47", "a"}}));
}

TEST_F(PipelineTest, PublishMendsTheTree) {
    add();
    const auto files = live_files();
    fs::remove(generation(2) + "/@/cfg.xml");
    const auto outcome = pipeline_->reload();
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(outcome->changed);
    EXPECT_EQ(outcome->generation, 3);
    EXPECT_EQ(live_files(), files);
    const auto again = pipeline_->reload();
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->changed);
    EXPECT_EQ(again->generation, 3);
}

TEST_F(PipelineTest, AChangeOfOneDeviceLeavesTheFilesOfTheOthersTheVerySame) {
    add();
    add(other_phone);
    const std::string others_file = folder_.path("config/gs_@/cfg000b82000001.xml");
    const std::string own_file = folder_.path("config/" + std::string(phone_file));
    const ino_t others = inode_of(others_file);
    const ino_t own = inode_of(own_file);
    ASSERT_TRUE(set({{"P47", "a"}}));
    EXPECT_EQ(scopes_.back().devices, std::set{mac_of(phone)});
    EXPECT_FALSE(scopes_.back().everything);
    EXPECT_EQ(inode_of(others_file), others);
    EXPECT_NE(inode_of(own_file), own);
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_EQ(scopes_.back().devices, std::set{mac_of(phone)});
    EXPECT_EQ(inode_of(own_file), own);
    ASSERT_TRUE(operations_->set_shared(of_site, {{"P47", "b"}}, false));
    EXPECT_TRUE(scopes_.back().everything);
    EXPECT_NE(inode_of(others_file), others);
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_TRUE(scopes_.back().everything);
    EXPECT_EQ(inode_of(others_file), others);
}

TEST_F(PipelineTest, AFileOfADeviceIsOneFileOnAllOfItsShelves) {
    add();
    ASSERT_TRUE(set({{"P234", "own_"}}));
    const ino_t file = inode_of(folder_.path("config/own_@/cfg000b82123456.xml"));
    ASSERT_NE(file, 0U);
    for (const char* path : {"config/@/cfg000b82123456.xml", "config/gs_@/cfg000b82123456.xml"})
        EXPECT_EQ(inode_of(folder_.path(path)), file) << path;
    EXPECT_THAT(inventory_->told_shelves(mac_of(phone)), ElementsAre("own_@", "gs_@"));
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_EQ(live_files().count("own_@/cfg000b82123456.xml"), 1U) << "it was told to ask there";
    EXPECT_THAT(inventory_->told_shelves(mac_of(phone)), ElementsAre("gs_@", "own_@"));
}

TEST_F(PipelineTest, ALostFileIsMissedOnlyWhereAllAreLookedAt) {
    add();
    const auto files = live_files();
    folder_.write("config/" + std::string(phone_file), "damaged");
    const auto unseen = pipeline_->publish("publish", Scope::all());
    ASSERT_TRUE(unseen);
    EXPECT_FALSE(unseen->changed);
    const auto mended = pipeline_->reload();
    ASSERT_TRUE(mended) << mended.error().message;
    EXPECT_TRUE(mended->changed);
    EXPECT_THAT(published_.back(), Pair(3, "files that were missing or damaged"));
    EXPECT_EQ(live_files().at("@/cfg.xml"), files.at("@/cfg.xml"));
    EXPECT_NE(live_files().at(phone_file), "damaged");
}

Done add_150_devices(Pipeline& pipeline, const Pipeline::Progress& progress) {
    const auto apply = [&](Generation generation) {
        std::vector<Device> devices;
        for (int number = 100; number < 250; ++number)
            devices.push_back(
                test::device_of(("000b82000" + std::to_string(number)).c_str(), "gxp"));
        pipeline.inventory().add_devices(generation, devices);
        return Done{};
    };
    return pipeline.change("many", Scope::all(), apply, progress);
}

TEST_F(PipelineTest, SaysHowFarItIs) {
    std::vector<std::pair<std::size_t, std::size_t>> told;
    ASSERT_TRUE(add_150_devices(*pipeline_, [&](std::size_t done, std::size_t total) {
        told.emplace_back(done, total);
        return Done{};
    }));
    EXPECT_THAT(told, ElementsAre(Pair(32U, 150U), Pair(64U, 150U), Pair(96U, 150U),
                                  Pair(128U, 150U), Pair(150U, 150U)));
}

TEST_F(PipelineTest, AChangeOfMostDevicesIsNotStoppedByOneThatABadFileTookTheClassOf) {
    folder_.write("classes/lost.xml", test::class_xml("lost", "vendor-class=\"Lost\""));
    ASSERT_TRUE(pipeline_->reload());
    ASSERT_TRUE(operations_->add_device({mac_of(phone), "lost", "", {}}));
    ASSERT_TRUE(add_150_devices(*pipeline_, {}));
    folder_.write("classes/lost.xml", "<");
    restart();
    const Done done = operations_->add_redirect("000b82000100-000b82000249", "http://192.0.2.9/");
    EXPECT_TRUE(done) << done.error().message;
}

TEST_F(PipelineTest, LooksAtOtherThingsInTheMidstOfAllThatGoesThroughManyDevices) {
    ASSERT_TRUE(add_150_devices(*pipeline_, {}));
    int looks = 0;
    pipeline_->set_meanwhile([&] { ++looks; });
    const auto looks_during = [&](const auto& work) {
        looks = 0;
        work();
        return looks;
    };
    const auto set = [&] { EXPECT_TRUE(operations_->set_shared(of_site, {{"P47", "b"}}, false)); };
    EXPECT_EQ(looks_during(set), 4);
    EXPECT_EQ(looks_during([&] { EXPECT_TRUE(pipeline_->undo()); }), 4);
    EXPECT_GE(looks_during([&] { EXPECT_TRUE(pipeline_->reload()); }), 4);
    EXPECT_EQ(looks_during([&] { pipeline_->lint(); }), 4);
    EXPECT_GE(looks_during([&] { EXPECT_TRUE(pipeline_->preview_publish()); }), 4);
}

TEST_F(PipelineTest, WhoeverFollowsAChangeCanEndItAsIfItHadNotBegun) {
    add();
    const auto apply = [&](Generation generation) {
        inventory_->add_devices(generation, {test::device_of(other_phone, "gxp")});
        return Done{};
    };
    const auto stop = [](std::size_t, std::size_t) -> Done {
        return fail(ErrorKind::refused, "cancelled");
    };
    refuses([&] { return pipeline_->change("try", Scope::all(), apply, stop); }, ErrorKind::refused,
            "cancelled");
    EXPECT_FALSE(inventory_->device(mac_of(other_phone)));
}

TEST_F(PipelineTest, AChangeThatRefusesItselfIsNone) {
    refuses(
        [&] {
            return pipeline_->change("try", Scope::all(), [&](Generation generation) -> Done {
                inventory_->add_devices(generation, {test::device_of(phone, "gxp")});
                return fail(ErrorKind::conflict, "not so");
            });
        },
        ErrorKind::conflict, "not so");
    EXPECT_THAT(inventory_->devices(), IsEmpty());
}

TEST_F(PipelineTest, AChangeOfOneDeviceDoesNotLookAtTheOthers) {
    add(phone);
    add(other_phone, "gxp", {{"P47", "a"}});
    inventory_->database() << "UPDATE device_parameter SET value = '00' WHERE mac = '000b82000001'";
    EXPECT_TRUE(set({{"P47", "b"}}));
    EXPECT_EQ(live_files().count("gs_@/cfg000b82000001.xml"), 1U);
    EXPECT_THROW(static_cast<void>(pipeline_->publish("publish", Scope::all())),
                 std::runtime_error);
}

} // namespace
} // namespace plugtone
