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

// A full disk is played by a constraint that SQLite checks only at the commit.
TEST_F(PipelineTest, ACommitThatFailsBringsTheOldGenerationBack) {
    add();
    const auto files = live_files();
    for (const char* statement :
         {"CREATE TABLE anchor (x INTEGER PRIMARY KEY)",
          "CREATE TABLE trap (x INTEGER REFERENCES anchor (x) DEFERRABLE INITIALLY DEFERRED)",
          "CREATE TRIGGER spring AFTER INSERT ON generation BEGIN INSERT INTO trap VALUES (1); "
          "END"})
        inventory_->database() << statement;
    EXPECT_THROW(static_cast<void>(set({{"P47", "a"}})), soci::soci_error);
    EXPECT_EQ(pipeline_->live(), 2);
    EXPECT_EQ(live_files(), files);
    EXPECT_THAT(inventory_->parameters(mac_of(phone)), IsEmpty());
    EXPECT_THAT(publisher_.kept(), ElementsAre(1, 2));
    inventory_->database() << "DROP TRIGGER spring";
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

TEST_F(PipelineTest, PublishMendsTheTree) {
    add();
    const auto files = live_files();
    fs::remove(generation(2) + "/@/cfg.xml");
    const auto outcome = pipeline_->publish_all("publish");
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(outcome->changed);
    EXPECT_EQ(outcome->generation, 3);
    EXPECT_EQ(live_files(), files);
    const auto again = pipeline_->publish_all("publish");
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->changed);
    EXPECT_EQ(again->generation, 3);
}

TEST_F(PipelineTest, ReloadTakesNewClassesAndPublishesWhatTheyChange) {
    add();
    folder_.write("classes/gxp.xml",
                  class_xml("gxp", "vendor-class=\"GXP\"", "<names config-prefix=\"new_\"/>"));
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_EQ(published_.back().second, "classes and parameters");
    EXPECT_EQ(live_files().count("new_@/cfg000b82123456.xml"), 1U);
    EXPECT_EQ(live_files().count(phone_file), 1U) << "it asks there until it has the new file";
    EXPECT_FALSE(pipeline_->undo()->starts_with("classes and parameters"))
        << "no operator's change";
}

TEST_F(PipelineTest, ReloadWithABadFileKeepsAllAndSaysWhy) {
    add();
    folder_.write("classes/a.xml", class_xml("other", "vendor-class=\"X\""));
    folder_.write("classes/gxp.xml", "<device-classes");
    refuses([&] { return pipeline_->reload(); }, ErrorKind::invalid, "gxp.xml");
    EXPECT_NE(pipeline_->classes().find("gxp"), nullptr);
    EXPECT_EQ(pipeline_->classes().find("other"), nullptr);
    EXPECT_THAT(pipeline_->problems(), ElementsAre(HasSubstr("gxp.xml")));
    folder_.write("classes/gxp.xml", gxp_class);
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_THAT(pipeline_->problems(), IsEmpty());
    EXPECT_NE(pipeline_->classes().find("other"), nullptr);
}

TEST_F(PipelineTest, ReloadOfClassesThatCannotBePublishedKeepsTheOldOnes) {
    add();
    folder_.write("classes/gxp.xml", class_xml("gxp", "vendor-class=\"GXP\"",
                                               "<defaults><P1359>x</P1359></defaults>"));
    const auto files = live_files();
    EXPECT_FALSE(pipeline_->reload());
    EXPECT_EQ(live_files(), files);
    EXPECT_EQ(pipeline_->classes().find("gxp")->names.config_prefix, "gs_");
}

TEST_F(PipelineTest, AClassIsTheOperatorsChoiceElseWhatTheDeviceSaid) {
    folder_.write("classes/other.xml", class_xml("other", "oui=\"000b82\""));
    ASSERT_TRUE(pipeline_->reload());
    const Device recognised = test::device_of(phone);
    EXPECT_EQ(pipeline_->class_of(recognised)->name, "other");
    states_->apply(mac_of(phone), {EventKind::offered, {{"VENDOR_CLASS", "GXP"}}}, 1);
    EXPECT_EQ(pipeline_->class_of(recognised)->name, "gxp");
    EXPECT_EQ(pipeline_->class_of(test::device_of(phone, "other"))->name, "other");
    EXPECT_EQ(pipeline_->class_of(test::device_of(phone, "gone")), nullptr);
}

TEST_F(PipelineTest, ADeviceWhoseClassIsGoneHasNoFilesUntilItIsBack) {
    add();
    folder_.write("classes/gxp.xml", "");
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_EQ(live_files().count(phone_file), 0U);
    folder_.write("classes/gxp.xml", gxp_class);
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_EQ(live_files().count(phone_file), 1U);
}

TEST_F(PipelineTest, AClassFileThatIsBadAtTheStartTakesNoFileFromAPhone) {
    add();
    const auto files = live_files();
    folder_.write("classes/gxp.xml", "<device-classes");
    restart();
    EXPECT_EQ(live_files(), files);
    refuses(
        [&] {
            return operations_->set_shared(of_site, {{"P64", "x"}}, true);
        },
        ErrorKind::invalid, "gxp.xml");
    EXPECT_EQ(live_files(), files);
    folder_.write("classes/gxp.xml", gxp_class);
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_TRUE(operations_->set_shared(of_site, {{"P64", "x"}}, true));
}

} // namespace
} // namespace plugtone
