// Appliances on one real PostgreSQL.
#include "agent/fleet_member.hpp"

#include <gmock/gmock.h>
#include <poll.h>

#include "agent/operations.hpp"
#include "tests/unit/agent/branch.hpp"
#include "tests/unit/agent/postgres_server.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using test::name_of;
using test::PostgresServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* phone = "000b82123456";
constexpr int patience_ms = 30'000;

class Appliance {
public:
    explicit Appliance(std::string site, std::string url = PostgresServer::of_this_process().url(),
                       char key = 'k')
        : site_(std::move(site)), url_(std::move(url)), box_(test::test_box(key)),
          publisher_(folder_.path(), Sealer(box_, "")) {
        folder_.write("classes/gxp.xml",
                      test::class_xml("gxp", "vendor-class=\"GXP\"", "", "", "gxp"));
        folder_.write("parameters/acme.xml", test::dictionary_xml);
        start();
    }
    Appliance(const Appliance&) = delete;
    Appliance& operator=(const Appliance&) = delete;
    ~Appliance() { stop(); }
    void start() {
        inventory_ = std::make_unique<Inventory>(folder_.path("db"), box_);
        states_ = std::make_unique<DeviceStates>(inventory_->database());
        pipeline_ = std::make_unique<Pipeline>(
            *inventory_, publisher_, *states_,
            DefinitionFolders{{folder_.path("classes")}, {folder_.path("parameters")}},
            [](Generation, const std::string&, const Scope&) {});
        operations = std::make_unique<Operations>(*pipeline_);
        EXPECT_TRUE(pipeline_->start());
    }
    void stop() {
        member.reset();
        operations.reset();
        pipeline_.reset();
        states_.reset();
        inventory_.reset();
    }
    void join() {
        member =
            std::make_unique<FleetMember>(FleetMember::Settings{url_, site_}, box_, *pipeline_);
        ASSERT_TRUE(member->join());
    }
    // As the agent's loop does.
    template <class Condition>
    bool until(Condition condition) {
        while (!condition()) {
            pollfd wait{member->fd(), POLLIN, 0};
            if (::poll(&wait, 1, patience_ms) <= 0)
                return false;
            member->take();
        }
        return true;
    }
    bool until_connected() {
        return until([this] { return member->state().starts_with("connected"); });
    }
    bool until_revision(Revision revision) {
        return until([&] { return inventory_->fleet_revision() >= revision; });
    }
    Done add(const char* mac, const TypedSettings& settings = {}) {
        const auto added = operations->add_device({mac_of(mac), "gxp", "", settings});
        return added ? Done{} : tl::unexpected(added.error());
    }
    Inventory& inventory() { return *inventory_; }
    Pipeline& pipeline() { return *pipeline_; }
    bool serves(const std::string& mac) const {
        return std::filesystem::exists(folder_.path("config/@/cfg" + mac + ".xml"));
    }

    std::unique_ptr<Operations> operations;
    std::unique_ptr<FleetMember> member;

private:
    test::TempFolder folder_;
    std::string site_, url_;
    SecretBox box_;
    Publisher publisher_;
    std::unique_ptr<Inventory> inventory_;
    std::unique_ptr<DeviceStates> states_;
    std::unique_ptr<Pipeline> pipeline_;
};

class FleetMemberTest : public testing::Test {
protected:
    void SetUp() override { PostgresServer::of_this_process().make(); }
};

TEST_F(FleetMemberTest, AChangeIsTakenOverByTheTwinWithTheSamePassword) {
    Appliance one("north"), twin("north");
    one.join();
    twin.join();
    ASSERT_TRUE(one.until_connected());
    ASSERT_TRUE(twin.until_connected());
    const Done added = one.add(phone, {{"P47", "a"}});
    ASSERT_TRUE(added) << added.error().message;
    ASSERT_TRUE(twin.until_revision(1));
    EXPECT_TRUE(twin.serves(phone));
    EXPECT_EQ(twin.inventory().device(mac_of(phone))->xml_password.reveal(),
              one.inventory().device(mac_of(phone))->xml_password.reveal());
    EXPECT_EQ(twin.inventory().parameters(mac_of(phone)).at(name_of("P47")), "a");
    // And back.
    ASSERT_TRUE(twin.operations->remove_device(mac_of(phone)));
    ASSERT_TRUE(one.until_revision(2));
    EXPECT_FALSE(one.serves(phone));
}

TEST_F(FleetMemberTest, APhoneThatWasAddedElsewhereIsToLearnItsPassword) {
    Appliance one("north"), twin("north");
    const auto waits = [&] {
        return twin.inventory().windows().open_one(mac_of(phone)).has_value();
    };
    one.join();
    twin.join();
    ASSERT_TRUE(one.until_connected());
    ASSERT_TRUE(twin.until_connected());
    ASSERT_TRUE(one.add("000b82000001")); // in an empty fleet, that is the whole site
    ASSERT_TRUE(twin.until_revision(1));
    ASSERT_TRUE(one.add(phone));
    ASSERT_TRUE(twin.until_revision(2));
    EXPECT_TRUE(waits());
    twin.inventory().windows().move(mac_of(phone), WindowStep::closed);
    ASSERT_TRUE(one.operations->remove_device(mac_of(phone)));
    ASSERT_TRUE(one.pipeline().undo());
    ASSERT_TRUE(twin.until_revision(4));
    EXPECT_FALSE(waits()) << "an undo brings back what it has";
    ASSERT_TRUE(one.operations->remove_device(mac_of(phone)));
    ASSERT_TRUE(one.add(phone));
    ASSERT_TRUE(twin.until_revision(6));
    EXPECT_TRUE(waits()) << "it has another password now";
}

TEST_F(FleetMemberTest, OfAWholeSiteNobodyIsToldItsPassword) {
    Appliance one("north"), spare("north");
    one.join();
    ASSERT_TRUE(one.until_connected());
    ASSERT_TRUE(one.add(phone));
    spare.join();
    ASSERT_TRUE(spare.until_revision(1));
    EXPECT_TRUE(spare.serves(phone));
    EXPECT_TRUE(spare.inventory().windows().open_ones().empty());
}

TEST_F(FleetMemberTest, AnotherSiteHasItsClassesAndNotItsPhones) {
    Appliance north("north"), south("south");
    north.join();
    south.join();
    ASSERT_TRUE(north.until_connected());
    ASSERT_TRUE(south.until_connected());
    ASSERT_TRUE(north.add(phone));
    ASSERT_TRUE(north.operations->set_shared("gxp", {{"P47", "everywhere"}}, false));
    ASSERT_TRUE(north.operations->set_shared(of_site, {{"P901", "8080"}}, false));
    ASSERT_TRUE(south.until_revision(3));
    EXPECT_THAT(south.inventory().devices(), IsEmpty());
    EXPECT_EQ(south.inventory().shared("gxp").at(name_of("P47")).value, "everywhere");
    EXPECT_THAT(south.inventory().shared(of_site), IsEmpty());
    const Done refused = south.add(phone);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("belongs to site 'north'"));
    EXPECT_FALSE(south.serves(phone)) << "nothing has changed";
}

TEST_F(FleetMemberTest, AnUndoIsAChangeForAll) {
    Appliance one("north"), twin("north");
    one.join();
    ASSERT_TRUE(one.until_connected());
    ASSERT_TRUE(one.add(phone, {{"P47", "a"}}));
    ASSERT_TRUE(one.operations->change_device(mac_of(phone), {{}, {}, {{"P47", "b"}}, {}}));
    twin.join();
    ASSERT_TRUE(twin.until_revision(2));
    EXPECT_EQ(twin.inventory().parameters(mac_of(phone)).at(name_of("P47")), "b");
    ASSERT_TRUE(one.pipeline().undo());
    ASSERT_TRUE(twin.until_revision(3));
    EXPECT_EQ(twin.inventory().parameters(mac_of(phone)).at(name_of("P47")), "a");
    // What came from the fleet can be taken back where it came.
    const auto undone = twin.pipeline().undo();
    ASSERT_TRUE(undone) << undone.error().message;
    ASSERT_TRUE(one.until_revision(4));
    EXPECT_EQ(one.inventory().parameters(mac_of(phone)).at(name_of("P47")), "b");
}

TEST_F(FleetMemberTest, WithoutTheDatabaseItServesAndRefusesChangesAndCatchesUp) {
    PostgresServer server;
    server.make();
    Appliance one("north", server.url()), twin("north", server.url());
    one.join();
    twin.join();
    ASSERT_TRUE(one.until_connected());
    ASSERT_TRUE(one.add(phone, {{"P47", "a"}}));
    ASSERT_TRUE(twin.until_revision(1));
    twin.stop();
    ASSERT_TRUE(one.add("000b82000001"));
    server.stop();
    twin.start();
    EXPECT_TRUE(twin.serves(phone));
    twin.join();
    const Done refused = twin.add("000b82000002");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::io);
    EXPECT_THAT(refused.error().message,
                AllOf(HasSubstr("not reached"), HasSubstr("nothing has changed")));
    ASSERT_TRUE(one.until([&] { return !one.member->problem().empty(); }));
    EXPECT_THAT(one.member->problem(), HasSubstr("not reached"));
    EXPECT_THAT(one.pipeline().problems(), testing::Contains(one.member->problem()));
    EXPECT_FALSE(one.pipeline().undo());
    EXPECT_TRUE(one.serves(phone));
    server.start();
    ASSERT_TRUE(twin.until_revision(2));
    EXPECT_TRUE(twin.serves("000b82000001"));
    EXPECT_TRUE(twin.add("000b82000002"));
    ASSERT_TRUE(one.until_revision(3));
    EXPECT_TRUE(one.serves("000b82000002"));
    EXPECT_THAT(one.member->problem(), IsEmpty());
}

TEST_F(FleetMemberTest, ABranchThatJoinsBringsWhatItHas) {
    Appliance first("south"), branch("north"), twin("north");
    first.join();
    ASSERT_TRUE(first.until_connected());
    ASSERT_TRUE(first.operations->set_shared("gxp", {{"P47", "fleet"}}, false));
    ASSERT_TRUE(branch.add(phone));
    ASSERT_TRUE(branch.operations->set_shared("gxp", {{"P47", "branch"}, {"P901", "8080"}}, false));
    branch.join();
    ASSERT_TRUE(branch.until_revision(2));
    EXPECT_EQ(branch.inventory().shared("gxp").at(name_of("P47")).value, "fleet")
        << "what the fleet has of classes stands";
    twin.join();
    ASSERT_TRUE(twin.until_revision(2));
    EXPECT_TRUE(twin.serves(phone));
    EXPECT_EQ(twin.inventory().shared("gxp").at(name_of("P901")).value, "8080");
    ASSERT_TRUE(first.until_revision(2));
    EXPECT_EQ(first.inventory().shared("gxp").at(name_of("P901")).value, "8080");
    EXPECT_THAT(first.inventory().devices(), IsEmpty());
}

TEST_F(FleetMemberTest, ABranchWithPhonesDoesNotTakeAnothersNameAndLoseThem) {
    Appliance first("north"), second("north");
    first.join();
    ASSERT_TRUE(first.until_connected());
    ASSERT_TRUE(first.add("000b82000001"));
    ASSERT_TRUE(second.add(phone));
    second.join();
    ASSERT_TRUE(second.until([&] {
        return second.member->problem().find("already") != std::string::npos;
    })) << second.member->problem();
    EXPECT_TRUE(second.serves(phone));
    EXPECT_FALSE(second.serves("000b82000001"));
    EXPECT_FALSE(second.add("000b82000002"));
}

TEST_F(FleetMemberTest, ADatabaseOfNothingIsGivenEverythingAgain) {
    Appliance one("north");
    one.join();
    ASSERT_TRUE(one.until_connected());
    ASSERT_TRUE(one.add(phone));
    ASSERT_TRUE(one.add("000b82000001"));
    one.member.reset();
    PostgresServer::of_this_process().make();
    one.join();
    // All that it has is the new database's first revision; of the old one's it had seen two.
    ASSERT_TRUE(one.until([&] { return one.inventory().fleet_revision() == 1; }));
    Appliance twin("north");
    twin.join();
    ASSERT_TRUE(twin.until_revision(1));
    EXPECT_TRUE(twin.serves(phone))
        << "what it had seen of the fleet before is no reason to forget";
    EXPECT_TRUE(one.serves(phone));
}

TEST_F(FleetMemberTest, WithAnotherMasterKeyItSaysSo) {
    Appliance one("north");
    one.join();
    ASSERT_TRUE(one.until_connected());
    Appliance other("south", PostgresServer::of_this_process().url(), 'x');
    other.join();
    ASSERT_TRUE(other.until([&] {
        return other.member->problem().find("master key") != std::string::npos;
    })) << other.member->problem();
    EXPECT_THAT(other.member->state(), StartsWith("not reached"));
}

} // namespace
} // namespace plugtone
