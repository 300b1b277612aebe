#include "agent/operations.hpp"

#include <filesystem>
#include <memory>

#include <gmock/gmock.h>

#include "core/formats/openssl_container.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

namespace fs = std::filesystem;

using test::assign;
using test::class_xml;
using test::content_of;
using test::files_below;
using test::mac_of;
using test::name_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* phone = "000b82123456";
constexpr const char* phone_file = "gs_@/cfg000b82123456.xml";

// A branch as the agent finds it; restart() is a new agent on the same disk.
class OperationsTest : public testing::Test {
protected:
    OperationsTest() {
        folder_.write("classes/gxp.xml", gxp_class);
        restart();
    }
    void restart() {
        operations_.reset();
        states_.reset();
        inventory_.reset();
        inventory_ = std::make_unique<Inventory>(folder_.path("db"), test::test_box());
        states_ = std::make_unique<DeviceStates>(inventory_->database());
        operations_ = std::make_unique<Operations>(
            *inventory_, publisher_, *states_, std::vector{folder_.path("classes")},
            [this](Generation generation, const std::string& what) {
                published_.emplace_back(generation, what);
            });
        const Done started = operations_->start();
        EXPECT_TRUE(started) << started.error().message;
    }
    void add(const char* mac = phone, const std::string& class_name = "gxp") {
        const Done added = operations_->add_device({mac_of(mac), class_name, "", {}});
        ASSERT_TRUE(added) << added.error().message;
    }
    std::map<std::string, std::string> live_files() const {
        return files_below(folder_.path("config/"));
    }
    std::string generation(Generation number) const {
        return folder_.path("generations/" + std::to_string(number));
    }
    // Whatever the refusal, nothing may have changed.
    void refuses(const std::function<Done()>& call, ErrorKind kind, const std::string& why) {
        const auto files = live_files();
        const Generation live = operations_->live();
        const Generation newest = inventory_->newest();
        const auto kept = publisher_.kept();
        const std::size_t told = published_.size();
        const Done refused = call();
        ASSERT_FALSE(refused) << "was taken; wanted: " << why;
        EXPECT_EQ(refused.error().kind, kind) << refused.error().message;
        EXPECT_THAT(refused.error().message, HasSubstr(why));
        EXPECT_EQ(live_files(), files);
        EXPECT_EQ(operations_->live(), live);
        EXPECT_EQ(inventory_->newest(), newest);
        EXPECT_EQ(publisher_.kept(), kept);
        EXPECT_EQ(published_.size(), told);
    }

    const std::string gxp_class =
        class_xml("gxp", "vendor-class=\"GXP\"", "<names config-prefix=\"gs_\"/>");

    test::TempFolder folder_;
    Publisher publisher_{folder_.path()};
    std::vector<std::pair<Generation, std::string>> published_;
    std::unique_ptr<Inventory> inventory_;
    std::unique_ptr<DeviceStates> states_;
    std::unique_ptr<Operations> operations_;
};

TEST_F(OperationsTest, TheFirstStartPublishesTheGenericFile) {
    EXPECT_EQ(operations_->live(), 1);
    EXPECT_THAT(published_, ElementsAre(Pair(1, "start")));
    EXPECT_EQ(live_files().count("@/cfg.xml"), 1U);
    EXPECT_EQ(live_files().count("gs_@/cfg.xml"), 1U);
}

TEST_F(OperationsTest, AStartWithoutAChangePublishesNothing) {
    add();
    const auto files = live_files();
    published_.clear();
    restart();
    EXPECT_EQ(operations_->live(), 2);
    EXPECT_EQ(live_files(), files);
    EXPECT_THAT(published_, IsEmpty());
    EXPECT_EQ(inventory_->newest(), 2);
    EXPECT_THAT(publisher_.kept(), ElementsAre(1, 2)) << "what was built to compare is gone";
}

TEST_F(OperationsTest, EachChangeIsOneGeneration) {
    ASSERT_TRUE(operations_->add_device(
        {mac_of(phone), "gxp", "Reception", {assign("P47", "a"), assign("P2", "b")}}));
    EXPECT_EQ(operations_->live(), 2);
    ASSERT_TRUE(
        operations_->set_parameters(mac_of(phone), {assign("P47", "c"), assign("P3", "d")}));
    ASSERT_TRUE(operations_->unset_parameters(mac_of(phone), {name_of("P47"), name_of("P2")}));
    ASSERT_TRUE(operations_->set_site({assign("P64", "auto")}, true));
    ASSERT_TRUE(operations_->unset_site({name_of("P64")}));
    ASSERT_TRUE(operations_->remove_device(mac_of(phone)));
    EXPECT_THAT(published_,
                ElementsAre(Pair(1, "start"), Pair(2, "device add 000b82123456"),
                            Pair(3, "device set 000b82123456 P47 P3"),
                            Pair(4, "device unset 000b82123456 P47 P2"), Pair(5, "site set P64"),
                            Pair(6, "site unset P64"), Pair(7, "device remove 000b82123456")));
    EXPECT_EQ(inventory_->newest(), 7);
    EXPECT_EQ(operations_->live(), 7);
    EXPECT_EQ(live_files(), files_below(generation(1)));
}

TEST_F(OperationsTest, AChangeIsInTheDevicesFile) {
    add();
    ASSERT_TRUE(operations_->set_parameters(mac_of(phone), {assign("P47", "sip.example.net")}));
    const std::string sealed = live_files().at(phone_file);
    const auto device = inventory_->device(mac_of(phone));
    ASSERT_TRUE(device);
    const auto plain = decrypt_container(as_bytes(sealed), device->xml_password, KeyDigest::md5);
    ASSERT_TRUE(plain);
    EXPECT_THAT(std::string(as_text(*plain)), HasSubstr("sip.example.net"));
}

TEST_F(OperationsTest, EveryDeviceHasAPasswordOfItsOwn) {
    add();
    add("000b82000001");
    EXPECT_FALSE(inventory_->device(mac_of(phone))->xml_password ==
                 inventory_->device(mac_of("000b82000001"))->xml_password);
}

TEST_F(OperationsTest, RefusesADeviceThatCannotBe) {
    add();
    const auto adding = [&](const NewDevice& device) {
        return [this, device] { return operations_->add_device(device); };
    };
    const Mac fresh = mac_of("000b82000001");
    refuses(adding({mac_of("010b82123456"), "gxp", "", {}}), ErrorKind::invalid, "single device");
    refuses(adding({mac_of(phone), "gxp", "", {}}), ErrorKind::conflict, "exists already");
    refuses(adding({fresh, "none", "", {}}), ErrorKind::not_found, "no class 'none'");
    refuses(adding({fresh, "", "", {}}), ErrorKind::invalid, "--class");
    refuses(adding({fresh, "gxp", "two\nlines", {}}), ErrorKind::invalid, "label");
    refuses(adding({fresh, "gxp", std::string(201, 'x'), {}}), ErrorKind::invalid, "200");
    refuses(adding({fresh, "gxp", "", {assign("P1359", "x")}}), ErrorKind::refused, "P1359");
    refuses(adding({fresh, "gxp", "", {assign("P2", "\x01")}}), ErrorKind::invalid, "P2");
    refuses(adding({fresh, "gxp", "", {assign("P2", "a"), assign("P2", "b")}}), ErrorKind::invalid,
            "given twice");
}

TEST_F(OperationsTest, RefusesSettingsThatCannotBe) {
    add();
    const Mac mac = mac_of(phone);
    const Mac stranger = mac_of("000b82000001");
    Operations& ops = *operations_;
    refuses([&] { return ops.set_parameters(stranger, {assign("P2", "a")}); }, ErrorKind::not_found,
            "no device 000b82000001");
    refuses([&] { return ops.unset_parameters(stranger, {name_of("P2")}); }, ErrorKind::not_found,
            "no device 000b82000001");
    refuses([&] { return ops.remove_device(stranger); }, ErrorKind::not_found,
            "no device 000b82000001");
    refuses([&] { return ops.set_parameters(mac, {assign("P1359", "x")}); }, ErrorKind::refused,
            "P1359");
    refuses([&] { return ops.set_parameters(mac, {assign("P2", std::string(8193, 'x'))}); },
            ErrorKind::invalid, "P2");
    refuses([&] { return ops.unset_parameters(mac, {name_of("P2")}); }, ErrorKind::not_found,
            "has no P2");
    refuses([&] { return ops.set_site({assign("P1359", "x")}, false); }, ErrorKind::refused,
            "P1359");
    refuses([&] { return ops.unset_site({name_of("P2")}); }, ErrorKind::not_found, "no P2");
}

TEST_F(OperationsTest, RefusesAChangeOfNothing) {
    add();
    const Mac mac = mac_of(phone);
    Operations& ops = *operations_;
    refuses([&] { return ops.set_parameters(mac, {}); }, ErrorKind::invalid, "at least one");
    refuses([&] { return ops.unset_parameters(mac, {}); }, ErrorKind::invalid, "at least one");
    refuses([&] { return ops.set_site({}, true); }, ErrorKind::invalid, "at least one");
    refuses([&] { return ops.unset_site({}); }, ErrorKind::invalid, "at least one");
}

TEST_F(OperationsTest, UnsettingIsAllOrNothing) {
    add();
    ASSERT_TRUE(operations_->set_parameters(mac_of(phone), {assign("P47", "a")}));
    refuses(
        [&] {
            return operations_->unset_parameters(mac_of(phone), {name_of("P47"), name_of("P2")});
        },
        ErrorKind::not_found, "P2");
    EXPECT_THAT(inventory_->parameters(mac_of(phone)), ElementsAre(Pair(name_of("P47"), "a")));
}

TEST_F(OperationsTest, AChangeThatCannotBePublishedIsNoChange) {
    add();
    fs::remove(folder_.path("config"));
    fs::create_directories(folder_.path("config/in-the-way"));
    EXPECT_FALSE(operations_->set_parameters(mac_of(phone), {assign("P47", "a")}));
    EXPECT_THAT(inventory_->parameters(mac_of(phone)), IsEmpty());
    EXPECT_EQ(inventory_->newest(), 2);
    EXPECT_THAT(publisher_.kept(), ElementsAre(1, 2));
}

// A full disk is played by a constraint that SQLite checks only at the commit.
TEST_F(OperationsTest, ACommitThatFailsBringsTheOldGenerationBack) {
    add();
    const auto files = live_files();
    for (const char* statement :
         {"CREATE TABLE anchor (x INTEGER PRIMARY KEY)",
          "CREATE TABLE trap (x INTEGER REFERENCES anchor (x) DEFERRABLE INITIALLY DEFERRED)",
          "CREATE TRIGGER spring AFTER INSERT ON generation BEGIN INSERT INTO trap VALUES (1); "
          "END"})
        inventory_->database() << statement;
    EXPECT_THROW(
        static_cast<void>(operations_->set_parameters(mac_of(phone), {assign("P47", "a")})),
        soci::soci_error);
    EXPECT_EQ(operations_->live(), 2);
    EXPECT_EQ(live_files(), files);
    EXPECT_THAT(inventory_->parameters(mac_of(phone)), IsEmpty());
    EXPECT_THAT(publisher_.kept(), ElementsAre(1, 2));
    inventory_->database() << "DROP TRIGGER spring";
    ASSERT_TRUE(operations_->set_parameters(mac_of(phone), {assign("P47", "a")}));
    EXPECT_EQ(operations_->live(), 3);
}

TEST_F(OperationsTest, AListenerThatFailsDoesNotMakeALiveChangeARefusedOne) {
    Operations deaf(*inventory_, publisher_, *states_, {folder_.path("classes")},
                    [](Generation, const std::string&) { throw std::runtime_error("no bus"); });
    EXPECT_TRUE(deaf.add_device({mac_of(phone), "gxp", "", {}}));
    EXPECT_EQ(deaf.live(), 2);
}

// What each kind of change does, undo takes back; the phones' files are the very same bytes.
TEST_F(OperationsTest, UndoBringsBackTheVerySameBytes) {
    add();
    ASSERT_TRUE(
        operations_->set_parameters(mac_of(phone), {assign("P47", "a"), assign("P2", "b")}));
    ASSERT_TRUE(operations_->set_site({assign("P64", "auto")}, true));
    const Mac mac = mac_of(phone);
    const std::vector<std::pair<std::string, std::function<Done()>>> changes = {
        {"device set 000b82123456 P47",
         [&] { return operations_->set_parameters(mac, {assign("P47", "changed")}); }},
        {"device set 000b82123456 P3",
         [&] { return operations_->set_parameters(mac, {assign("P3", "new")}); }},
        {"device unset 000b82123456 P2",
         [&] { return operations_->unset_parameters(mac, {name_of("P2")}); }},
        {"device remove 000b82123456", [&] { return operations_->remove_device(mac); }},
        {"device add 000b82000001",
         [&] {
             return operations_->add_device({mac_of("000b82000001"), "gxp", "", {}});
         }},
        {"site set P64", [&] { return operations_->set_site({assign("P64", "other")}, false); }},
        {"site unset P64", [&] { return operations_->unset_site({name_of("P64")}); }},
    };
    for (const auto& [what, change] : changes) {
        const auto before = live_files();
        const Generation live = operations_->live();
        ASSERT_TRUE(change()) << what;
        EXPECT_NE(live_files(), before) << what;
        const auto undone = operations_->undo();
        ASSERT_TRUE(undone) << undone.error().message;
        EXPECT_EQ(*undone, what);
        EXPECT_EQ(live_files(), before) << what;
        EXPECT_EQ(operations_->live(), live + 2) << "an undo is a generation, too";
        EXPECT_EQ(published_.back().second, "undo of " + what);
    }
}

TEST_F(OperationsTest, UndoTwiceGoesFurtherBack) {
    add();
    const auto added = live_files();
    ASSERT_TRUE(operations_->set_parameters(mac_of(phone), {assign("P47", "a")}));
    const auto first = live_files();
    ASSERT_TRUE(operations_->set_parameters(mac_of(phone), {assign("P47", "b")}));
    ASSERT_TRUE(operations_->undo());
    EXPECT_EQ(live_files(), first);
    restart(); // the database remembers what was taken back
    EXPECT_EQ(*operations_->undo(), "device set 000b82123456 P47");
    EXPECT_EQ(live_files(), added);
    EXPECT_EQ(*operations_->undo(), "device add 000b82123456");
    EXPECT_THAT(inventory_->devices(), IsEmpty());
    const auto refused = operations_->undo();
    ASSERT_FALSE(refused) << "nobody asked for 'start'";
    EXPECT_EQ(refused.error().kind, ErrorKind::not_found);
}

TEST_F(OperationsTest, AnUndoneChangeCanBeMadeAgain) {
    add();
    ASSERT_TRUE(operations_->undo());
    add();
    ASSERT_TRUE(operations_->set_parameters(mac_of(phone), {assign("P47", "a")}));
    EXPECT_EQ(*operations_->undo(), "device set 000b82123456 P47");
    EXPECT_EQ(*operations_->undo(), "device add 000b82123456");
}

// A power cut between the switch of the link and the commit.
TEST_F(OperationsTest, StartTakesALinkThatIsAheadBack) {
    add();
    const auto files = live_files();
    Document document;
    document.path = "@/cfg.xml";
    document.xml = *render_gs_xml({});
    ASSERT_TRUE(publisher_.build(3, {document}));
    ASSERT_TRUE(publisher_.switch_to(3));
    restart();
    EXPECT_EQ(live_files(), files);
    EXPECT_EQ(operations_->live(), 2);
    add("000b82000001");
    EXPECT_EQ(operations_->live(), inventory_->newest());
}

TEST_F(OperationsTest, StartBringsALinkThatIsBehindForward) {
    add();
    const auto files = live_files();
    ASSERT_TRUE(publisher_.switch_to(1));
    restart();
    EXPECT_EQ(operations_->live(), 2);
    EXPECT_EQ(live_files(), files);
}

TEST_F(OperationsTest, StartMendsALinkThatIsGone) {
    add();
    const auto files = live_files();
    fs::remove(folder_.path("config"));
    restart();
    EXPECT_EQ(operations_->live(), 2);
    EXPECT_EQ(live_files(), files);
}

TEST_F(OperationsTest, StartBuildsAnewWhenTheTreeIsLost) {
    add();
    ASSERT_TRUE(operations_->set_parameters(mac_of(phone), {assign("P47", "a")}));
    fs::remove_all(folder_.path("generations"));
    restart();
    EXPECT_EQ(operations_->live(), 4);
    EXPECT_EQ(live_files().count(phone_file), 1U);
}

// The first generation of all was switched to and not committed: number 1 is live, and the
// inventory has none.
TEST_F(OperationsTest, StartDoesNotBuildOverTheLiveGeneration) {
    operations_.reset();
    states_.reset();
    inventory_.reset();
    for (const char* name : {"db", "db-wal", "db-shm"})
        fs::remove(folder_.path(name));
    folder_.write("classes/gxp.xml", class_xml("gxp", "vendor-class=\"GXP\""));
    const auto first = files_below(generation(1));
    restart();
    EXPECT_EQ(operations_->live(), 2);
    EXPECT_EQ(files_below(generation(1)), first);
    add();
    EXPECT_EQ(operations_->live(), 3);
    EXPECT_EQ(inventory_->newest(), 3);
}

TEST_F(OperationsTest, ADatabaseFromABackupDoesNotDisturbWhatIsServed) {
    add();
    inventory_->database() << "PRAGMA wal_checkpoint(TRUNCATE)";
    const std::string backup = content_of(folder_.path("db"));
    for (int round = 0; round < 12; ++round)
        ASSERT_TRUE(operations_->set_site({assign("P64", std::to_string(round))}, true));
    operations_.reset();
    states_.reset();
    inventory_.reset();
    folder_.write("db", backup);
    restart();
    EXPECT_TRUE(inventory_->site().empty());
    EXPECT_EQ(operations_->live(), inventory_->newest());
    EXPECT_EQ(live_files().count(phone_file), 1U);
    ASSERT_TRUE(operations_->set_site({assign("P64", "x")}, true));
    EXPECT_EQ(operations_->live(), inventory_->newest());
}

TEST_F(OperationsTest, PublishMendsTheTree) {
    add();
    const auto files = live_files();
    fs::remove(generation(2) + "/@/cfg.xml");
    const auto outcome = operations_->publish("publish");
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(outcome->changed);
    EXPECT_EQ(outcome->generation, 3);
    EXPECT_EQ(live_files(), files);
    const auto again = operations_->publish("publish");
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->changed);
    EXPECT_EQ(again->generation, 3);
}

TEST_F(OperationsTest, ReloadTakesNewClassesAndPublishesWhatTheyChange) {
    add();
    folder_.write("classes/gxp.xml",
                  class_xml("gxp", "vendor-class=\"GXP\"", "<names config-prefix=\"new_\"/>"));
    ASSERT_TRUE(operations_->reload_classes());
    EXPECT_EQ(published_.back().second, "device classes");
    EXPECT_EQ(live_files().count("new_@/cfg000b82123456.xml"), 1U);
    EXPECT_EQ(live_files().count(phone_file), 0U);
    EXPECT_FALSE(operations_->undo()->starts_with("device classes")) << "no operator's change";
}

TEST_F(OperationsTest, ReloadWithABadFileKeepsAllAndSaysWhy) {
    add();
    folder_.write("classes/a.xml", class_xml("other", "vendor-class=\"X\""));
    folder_.write("classes/gxp.xml", "<device-classes");
    refuses([&] { return operations_->reload_classes(); }, ErrorKind::invalid, "gxp.xml");
    EXPECT_NE(operations_->classes().find("gxp"), nullptr);
    EXPECT_EQ(operations_->classes().find("other"), nullptr);
    EXPECT_THAT(operations_->problems(), ElementsAre(HasSubstr("gxp.xml")));
    folder_.write("classes/gxp.xml", gxp_class);
    ASSERT_TRUE(operations_->reload_classes());
    EXPECT_THAT(operations_->problems(), IsEmpty());
    EXPECT_NE(operations_->classes().find("other"), nullptr);
}

TEST_F(OperationsTest, ReloadOfClassesThatCannotBePublishedKeepsTheOldOnes) {
    add();
    folder_.write("classes/gxp.xml", class_xml("gxp", "vendor-class=\"GXP\"",
                                               "<defaults><P1359>x</P1359></defaults>"));
    const auto files = live_files();
    EXPECT_FALSE(operations_->reload_classes());
    EXPECT_EQ(live_files(), files);
    EXPECT_EQ(operations_->classes().find("gxp")->names.config_prefix, "gs_");
}

TEST_F(OperationsTest, AClassIsTheOperatorsChoiceElseWhatTheDeviceSaid) {
    folder_.write("classes/other.xml", class_xml("other", "oui=\"000b82\""));
    ASSERT_TRUE(operations_->reload_classes());
    const Device recognised = test::device_of(phone);
    EXPECT_EQ(operations_->class_of(recognised)->name, "other");
    states_->apply(mac_of(phone), {EventKind::offered, {{"VENDOR_CLASS", "GXP"}}}, 1);
    EXPECT_EQ(operations_->class_of(recognised)->name, "gxp");
    EXPECT_EQ(operations_->class_of(test::device_of(phone, "other"))->name, "other");
    EXPECT_EQ(operations_->class_of(test::device_of(phone, "gone")), nullptr);
}

TEST_F(OperationsTest, ADeviceWhoseClassIsGoneHasNoFilesUntilItIsBack) {
    add();
    folder_.write("classes/gxp.xml", "");
    ASSERT_TRUE(operations_->reload_classes());
    EXPECT_EQ(live_files().count(phone_file), 0U);
    folder_.write("classes/gxp.xml", gxp_class);
    ASSERT_TRUE(operations_->reload_classes());
    EXPECT_EQ(live_files().count(phone_file), 1U);
}

TEST_F(OperationsTest, AClassFileThatIsBadAtTheStartTakesNoFileFromAPhone) {
    add();
    const auto files = live_files();
    folder_.write("classes/gxp.xml", "<device-classes");
    restart();
    EXPECT_EQ(live_files(), files);
    refuses(
        [&] {
            return operations_->set_site({{name_of("P64"), "x"}}, true);
        },
        ErrorKind::invalid, "gxp.xml");
    EXPECT_EQ(live_files(), files);
    folder_.write("classes/gxp.xml", gxp_class);
    ASSERT_TRUE(operations_->reload_classes());
    EXPECT_TRUE(operations_->set_site({{name_of("P64"), "x"}}, true));
}

} // namespace
} // namespace plugtone
