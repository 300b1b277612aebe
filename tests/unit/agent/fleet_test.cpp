// The fleet's rows, on both databases that they may lie in.
#include "agent/fleet.hpp"

#include <algorithm>
#include <memory>

#include <gmock/gmock.h>

#include "agent/database.hpp"
#include "agent/inventory_schema.hpp"
#include "tests/unit/agent/branch.hpp"
#include "tests/unit/agent/postgres_server.hpp"

namespace plugtone {
namespace {

using test::assign;
using test::device_of;
using test::mac_of;
using test::name_of;
using test::test_box;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const Mac phone = mac_of("000b82123456");

class FleetTest : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        if (is_postgresql())
            test::PostgresServer::of_this_process().make();
        open(north_line_);
        open(south_line_);
    }
    bool is_postgresql() const { return std::string_view(GetParam()) == "postgresql"; }
    void open(soci::session& database) {
        if (is_postgresql())
            open_fleet_database(database, test::PostgresServer::of_this_process().url());
        else
            open_own_database(database, folder_.path("fleet.db"));
        bring_schema_up_to_date(database, "test");
    }
    // What an appliance's change of its own copy amounts to.
    template <class Apply>
    RowChanges change(Apply apply) {
        apply(++generation_);
        return current_rows(own_.database(), touched_rows(own_.database(), generation_));
    }
    RowChanges add(const char* mac) {
        return change([&](Generation now) {
            own_.add_devices(now, {device_of(mac, "gxp", "One")});
            own_.set_parameters(now, {{mac_of(mac), assign("P47", "a")}});
        });
    }
    static std::vector<std::string> told(const FleetUpdate& update) {
        std::vector<std::string> told;
        for (const RowChange& change : update.changes) {
            std::string text = inventory_tables()[change.key.table].name;
            for (const std::string& column : change.key.columns)
                text += " " + column;
            told.push_back(change.values ? text : text + " gone");
        }
        return told;
    }

    const SecretBox box_ = test_box();
    test::TempFolder folder_;
    Inventory own_{folder_.path("own.db"), test_box()};
    Generation generation_ = 0;
    soci::session north_line_, south_line_;
    std::unique_ptr<Fleet> made(soci::session& line, const char* site) {
        return std::make_unique<Fleet>(line, box_, site);
    }
};

TEST_P(FleetTest, BeginsEmpty) {
    const auto north = made(north_line_, "north");
    EXPECT_EQ(north->revision(), 0);
    const FleetUpdate update = north->since(0);
    EXPECT_EQ(update.to, 0);
    EXPECT_TRUE(update.is_of_new_site);
    EXPECT_THAT(update.changes, IsEmpty());
}

TEST_P(FleetTest, WhatOneBringsAnotherOfItsSiteIsTold) {
    const auto north = made(north_line_, "north");
    const auto twin = made(south_line_, "north");
    EXPECT_EQ(north->bring(0, {1, 100, "device add 000b82123456"}, add("000b82123456")), 1);
    const FleetUpdate update = twin->since(0);
    EXPECT_EQ(update.to, 1);
    EXPECT_TRUE(update.is_everything);
    EXPECT_FALSE(update.is_of_new_site);
    EXPECT_THAT(told(update),
                UnorderedElementsAre("device 000b82123456", "device_parameter 000b82123456 P47"));
    EXPECT_EQ(north->bring(1, {2, 100, "device set 000b82123456 P48"}, change([&](Generation now) {
                               own_.set_parameters(now, {{phone, assign("P48", "b")}});
                           })),
              2);
    const FleetUpdate next = twin->since(1);
    EXPECT_FALSE(next.is_everything);
    EXPECT_THAT(next.what, ElementsAre("device set 000b82123456 P48 (north)"));
    EXPECT_THAT(told(next), ElementsAre("device_parameter 000b82123456 P48"));
    EXPECT_THAT(twin->since(2).changes, IsEmpty());
}

TEST_P(FleetTest, WhatIsGoneIsToldAsGoneHoweverLongOneWasAway) {
    const auto north = made(north_line_, "north");
    ASSERT_TRUE(north->bring(0, {1, 100, "add"}, add("000b82123456")));
    ASSERT_TRUE(north->bring(1, {2, 100, "set"}, change([&](Generation now) {
                                 own_.set_parameters(now, {{phone, assign("P47", "b")}});
                             })));
    ASSERT_TRUE(north->bring(2, {3, 100, "remove"},
                             change([&](Generation now) { own_.remove_device(now, phone); })));
    EXPECT_THAT(told(north->since(1)), UnorderedElementsAre("device 000b82123456 gone",
                                                            "device_parameter 000b82123456 P47 "
                                                            "gone"));
    EXPECT_THAT(told(north->since(0)), IsEmpty()) << "one that begins has nothing to forget";
    EXPECT_THAT(north->since(1).what, ElementsAre("set (north)", "remove (north)"));
}

TEST_P(FleetTest, EachSiteHasItsOwnAndClassesAreForAll) {
    const auto north = made(north_line_, "north");
    const auto south = made(south_line_, "south");
    ASSERT_TRUE(north->bring(0, {1, 100, "site set P64"}, change([&](Generation now) {
                                 own_.set_shared(now, of_site, assign("P64", "auto"), false);
                             })));
    ASSERT_TRUE(north->bring(1, {2, 100, "class set gxp P47"}, change([&](Generation now) {
                                 own_.set_shared(now, "gxp", assign("P47", "a"), true);
                             })));
    const FleetUpdate update = south->since(0);
    EXPECT_THAT(told(update), ElementsAre("shared_parameter gxp P47"));
    EXPECT_TRUE(update.is_of_new_site);
    EXPECT_THAT(update.changes[0].values->back(), "1") << "public";
    // Site by site the same key is another row.
    ASSERT_TRUE(south->bring(2, {1, 100, "site set P64"}, change([&](Generation now) {
                                 own_.set_shared(now, of_site, assign("P64", "south"), false);
                             })));
    EXPECT_THAT(told(north->since(2)), IsEmpty());
    EXPECT_THAT(north->since(2).to, 3);
}

TEST_P(FleetTest, RefusesAChangeOnTopOfWhatOneHasNotSeen) {
    const auto north = made(north_line_, "north");
    const auto twin = made(south_line_, "north");
    ASSERT_TRUE(north->bring(0, {1, 100, "device add 000b82123456"}, add("000b82123456")));
    const auto refused = twin->bring(0, {1, 100, "device add 000b82000001"}, add("000b82000001"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    EXPECT_THAT(refused.error().message, HasSubstr("device add 000b82123456 (north)"));
    EXPECT_EQ(twin->revision(), 1) << "nothing has changed";
    EXPECT_EQ(twin->bring(1, {1, 100, "again"}, add("000b82000002")), 2);
}

TEST_P(FleetTest, WhatAnotherSiteDoesIsNoObstacle) {
    const auto north = made(north_line_, "north");
    const auto south = made(south_line_, "south");
    ASSERT_TRUE(north->bring(0, {1, 100, "add"}, add("000b82123456")));
    EXPECT_EQ(south->bring(0, {1, 100, "add"}, add("000b82000001")), 2);
    EXPECT_THAT(told(south->since(0)), SizeIs(2));
}

TEST_P(FleetTest, ADeviceBelongsToOneSite) {
    const auto north = made(north_line_, "north");
    const auto south = made(south_line_, "south");
    const RowChanges added = add("000b82123456");
    ASSERT_TRUE(north->bring(0, {1, 100, "add"}, added));
    const auto refused = south->bring(1, {1, 100, "add"}, added);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, StartsWith("device 000b82123456 belongs to site 'north'"));
    ASSERT_TRUE(north->bring(1, {2, 100, "remove"},
                             change([&](Generation now) { own_.remove_device(now, phone); })));
    EXPECT_TRUE(south->bring(2, {1, 100, "add"}, added));
}

TEST_P(FleetTest, OneWithAnotherMasterKeyIsTurnedAway) {
    ASSERT_TRUE(made(north_line_, "north")->check_key());
    EXPECT_TRUE(made(south_line_, "south")->check_key());
    const SecretBox other = test_box('x');
    const Done refused = Fleet(south_line_, other, "south").check_key();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("another master key"));
}

TEST_P(FleetTest, TellsEverythingWhenTheDatabaseIsAnEarlierOne) {
    const auto north = made(north_line_, "north");
    ASSERT_TRUE(north->bring(0, {1, 100, "add"}, add("000b82123456")));
    const FleetUpdate update = north->since(7);
    EXPECT_TRUE(update.is_everything);
    EXPECT_EQ(update.to, 1);
    EXPECT_THAT(update.changes, SizeIs(2));
    EXPECT_FALSE(north->bring(7, {1, 100, "add"}, add("000b82000001"))) << "first take over";
}

TEST_P(FleetTest, CarriesThousandsOfRowsAndEveryCharacter) {
    const auto north = made(north_line_, "north");
    std::vector<Device> devices;
    for (int number = 0; number < 1100; ++number)
        devices.push_back({Mac::parse("000b82" + std::to_string(100000 + number)).value(), "gxp",
                           "a 'quoted' \"ä\" :x \\ $1 ? " + std::to_string(number),
                           Secret("Password1")});
    const RowChanges changes = change([&](Generation now) { own_.add_devices(now, devices); });
    ASSERT_TRUE(north->bring(0, {1, 100, "import"}, changes));
    RowChanges back = north->since(0).changes;
    const auto by_key = [](const RowChange& a, const RowChange& b) { return a.key < b.key; };
    std::sort(back.begin(), back.end(), by_key);
    RowChanges sent = changes;
    std::sort(sent.begin(), sent.end(), by_key);
    EXPECT_TRUE(back == sent);
    Inventory other(folder_.path("other.db"), test_box());
    apply_rows(other.database(), own_site, 1, back);
    EXPECT_EQ(other.devices().size(), devices.size());
    EXPECT_EQ(other.devices()[7].label, devices[7].label);
    EXPECT_EQ(other.devices()[7].xml_password.reveal(), "Password1") << "sealed for that device";
}

INSTANTIATE_TEST_SUITE_P(On, FleetTest, testing::Values("sqlite", "postgresql"),
                         [](const auto& parameter) { return std::string(parameter.param); });

TEST(SiteName, IsPlain) {
    EXPECT_TRUE(check_site_name("north-2.example_1"));
    for (const char* bad : {"", "north south", "nörd", "a/b", "a\nb"})
        EXPECT_FALSE(check_site_name(bad)) << bad;
    EXPECT_FALSE(check_site_name(std::string(65, 'a')));
}

} // namespace
} // namespace plugtone
