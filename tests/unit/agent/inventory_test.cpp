#include "agent/inventory.hpp"

#include <array>
#include <cstdio>
#include <memory>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::assign;
using test::device_of;
using test::mac_of;
using test::name_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

const Mac phone = mac_of("000b82123456");
const Mac other = mac_of("000b82000001");

class InventoryTest : public testing::Test {
protected:
    // All that holds now, in one text.
    std::string now() {
        std::string text;
        for (const Device& device : inventory_->devices()) {
            text += device.mac.text() + " " + device.class_name + " " + device.label + " " +
                    std::string(device.xml_password.reveal()) + "\n";
            for (const auto& [name, value] : inventory_->parameters(device.mac))
                text += " " + name.text() + "=" + value + "\n";
        }
        for (const auto& [mac, bytes] : inventory_->all_vendor_files())
            text += "file " + mac.text() + " " + std::string(as_text(bytes)) + "\n";
        for (const auto& [owner, shared] : inventory_->all_shared())
            for (const auto& [name, parameter] : shared)
                text += (owner.empty() ? "site " : "class " + owner + " ") + name.text() + "=" +
                        parameter.value + (parameter.is_public ? " public\n" : "\n");
        return text;
    }
    void open_again(char key = 'k') {
        inventory_.reset();
        inventory_ = std::make_unique<Inventory>(path_, test::test_box(key));
    }

    test::TempFolder folder_;
    std::string path_ = folder_.path("plugtone.db");
    std::unique_ptr<Inventory> inventory_ = std::make_unique<Inventory>(path_, test::test_box());
};

TEST_F(InventoryTest, BeginsEmpty) {
    EXPECT_THAT(inventory_->devices(), IsEmpty());
    EXPECT_THAT(inventory_->shared(of_site), IsEmpty());
    EXPECT_THAT(inventory_->all_parameters(), IsEmpty());
    EXPECT_FALSE(inventory_->device(phone));
    EXPECT_EQ(inventory_->newest(), 0);
    EXPECT_FALSE(inventory_->last_change());
}

TEST_F(InventoryTest, KeepsADeviceOverARestart) {
    inventory_->add_devices(1, {device_of("000b82123456", "gxp", "Reception")});
    inventory_->set_parameters(1, {{phone, assign("P47", "sip.example.net")}});
    open_again();
    const auto found = inventory_->device(phone);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->mac, phone);
    EXPECT_EQ(found->class_name, "gxp");
    EXPECT_EQ(found->label, "Reception");
    EXPECT_EQ(found->xml_password.reveal(), "Password1");
    EXPECT_THAT(inventory_->parameters(phone),
                ElementsAre(Pair(name_of("P47"), "sip.example.net")));
}

TEST_F(InventoryTest, ListsDevicesByAddress) {
    inventory_->add_devices(1, {device_of("000b82000002")});
    inventory_->add_devices(1, {device_of("000b82000001")});
    std::vector<std::string> macs;
    for (const Device& device : inventory_->devices())
        macs.push_back(device.mac.text());
    EXPECT_THAT(macs, ElementsAre("000b82000001", "000b82000002"));
}

TEST_F(InventoryTest, HasOneRowOfADeviceAtATime) {
    inventory_->add_devices(1, {device_of("000b82123456")});
    EXPECT_THROW(inventory_->add_devices(2, {device_of("000b82123456")}), soci::soci_error);
}

TEST_F(InventoryTest, SettingReplacesAndUnsettingTakesAway) {
    inventory_->add_devices(1, {device_of("000b82123456")});
    inventory_->set_parameters(2, {{phone, assign("P47", "old")}});
    inventory_->set_parameters(3, {{phone, assign("P47", "new")}});
    EXPECT_THAT(inventory_->parameters(phone), ElementsAre(Pair(name_of("P47"), "new")));
    EXPECT_TRUE(inventory_->unset_parameter(4, phone, name_of("P47")));
    EXPECT_THAT(inventory_->parameters(phone), IsEmpty());
    EXPECT_FALSE(inventory_->unset_parameter(5, phone, name_of("P47"))) << "it is not set";
}

TEST_F(InventoryTest, ParametersBelongToOneDevice) {
    inventory_->set_parameters(1, {{phone, assign("P47", "mine")}});
    inventory_->set_parameters(1, {{other, assign("P47", "theirs")}});
    EXPECT_THAT(inventory_->parameters(phone), ElementsAre(Pair(name_of("P47"), "mine")));
    const auto all = inventory_->all_parameters();
    EXPECT_EQ(all.size(), 2U);
    EXPECT_THAT(all.at(other), ElementsAre(Pair(name_of("P47"), "theirs")));
    EXPECT_TRUE(inventory_->unset_parameter(2, phone, name_of("P47")));
    EXPECT_EQ(inventory_->all_parameters().count(phone), 0U);
}

TEST_F(InventoryTest, RemovingADeviceTakesItsParametersAlong) {
    inventory_->add_devices(1, {device_of("000b82123456")});
    inventory_->set_parameters(1, {{phone, assign("P47", "x")}});
    inventory_->remove_device(2, phone);
    EXPECT_FALSE(inventory_->device(phone));
    EXPECT_THAT(inventory_->parameters(phone), IsEmpty());
    inventory_->add_devices(3, {device_of("000b82123456")});
    EXPECT_THAT(inventory_->parameters(phone), IsEmpty()) << "added anew, it begins anew";
}

TEST_F(InventoryTest, SiteParametersKnowWhetherTheyArePublic) {
    inventory_->set_shared(1, of_site, assign("P64", "auto"), true);
    inventory_->set_shared(1, of_site, assign("P34", "secret"), false);
    open_again();
    const auto site = inventory_->shared(of_site);
    ASSERT_EQ(site.size(), 2U);
    EXPECT_EQ(site.at(name_of("P64")).value, "auto");
    EXPECT_TRUE(site.at(name_of("P64")).is_public);
    EXPECT_FALSE(site.at(name_of("P34")).is_public);
    inventory_->set_shared(2, of_site, assign("P64", "auto"), false);
    EXPECT_FALSE(inventory_->shared(of_site).at(name_of("P64")).is_public);
    EXPECT_TRUE(inventory_->unset_shared(3, of_site, name_of("P64")));
    EXPECT_FALSE(inventory_->unset_shared(4, of_site, name_of("P64")));
    EXPECT_EQ(inventory_->shared(of_site).size(), 1U);
}

// Each step is a generation of its own; taken back one after the other, the newest first, each
// brings back exactly what was before it.
TEST_F(InventoryTest, TakeBackRestoresWhatTheGenerationChanged) {
    using Step = std::function<void(Generation)>;
    const std::vector<Step> steps = {
        [&](Generation g) {
            inventory_->add_devices(g, {device_of("000b82123456", "gxp", "One")});
        },
        [&](Generation g) {
            inventory_->set_parameters(g, {{phone, assign("P47", "a")}});
        },
        [&](Generation g) {
            inventory_->set_parameters(g, {{phone, assign("P47", "b")}});
        },
        [&](Generation g) {
            inventory_->set_parameters(g, {{phone, assign("P2", "c")}});
        },
        [&](Generation g) { inventory_->unset_parameter(g, phone, name_of("P47")); },
        [&](Generation g) { inventory_->set_shared(g, of_site, assign("P64", "auto"), false); },
        [&](Generation g) { inventory_->set_shared(g, of_site, assign("P64", "auto"), true); },
        [&](Generation g) { inventory_->remove_device(g, phone); },
        [&](Generation g) { inventory_->add_devices(g, {device_of("000b82123456", "", "Two")}); },
        [&](Generation g) { inventory_->unset_shared(g, of_site, name_of("P64")); },
        [&](Generation g) { inventory_->set_shared(g, "gxp", assign("P64", "a"), false); },
        [&](Generation g) { inventory_->set_shared(g, "ht", assign("P64", "b"), true); },
        [&](Generation g) { inventory_->unset_shared(g, "gxp", name_of("P64")); },
        [&](Generation g) { inventory_->set_vendor_file(g, phone, as_bytes("one")); },
        [&](Generation g) { inventory_->set_vendor_file(g, phone, as_bytes("two")); },
        [&](Generation g) { inventory_->unset_vendor_file(g, phone); },
        [&](Generation g) { inventory_->change_device(g, device_of("000b82123456", "ht", "3")); },
    };
    std::vector<std::string> before;
    for (std::size_t index = 0; index < steps.size(); ++index) {
        before.push_back(now());
        steps[index](static_cast<Generation>(index + 1));
        EXPECT_NE(now(), before.back()) << index;
    }
    for (std::size_t index = steps.size(); index-- > 0;) {
        inventory_->take_back(static_cast<Generation>(index + 1));
        EXPECT_EQ(now(), before[index]) << index;
    }
}

TEST_F(InventoryTest, TakeBackLeavesOtherGenerationsAlone) {
    inventory_->add_devices(1, {device_of("000b82123456")});
    inventory_->set_parameters(2, {{phone, assign("P47", "a")}});
    inventory_->set_parameters(3, {{phone, assign("P2", "b")}});
    inventory_->take_back(3);
    EXPECT_THAT(inventory_->parameters(phone), ElementsAre(Pair(name_of("P47"), "a")));
}

TEST_F(InventoryTest, LastChangeIsTheNewestOfAnOperatorThatStillHolds) {
    inventory_->record({1, 100, "start"}, false);
    EXPECT_FALSE(inventory_->last_change());
    inventory_->record({2, 200, "device add 000b82123456"}, true);
    inventory_->record({3, 300, "site set P64"}, true);
    inventory_->record({4, 400, "classes and parameters"}, false);
    ASSERT_TRUE(inventory_->last_change());
    EXPECT_EQ(inventory_->last_change()->number, 3);
    inventory_->take_back(3);
    ASSERT_TRUE(inventory_->last_change());
    EXPECT_EQ(inventory_->last_change()->number, 2);
    EXPECT_EQ(inventory_->last_change()->made, 200);
    EXPECT_EQ(inventory_->last_change()->what, "device add 000b82123456");
    inventory_->take_back(2);
    EXPECT_FALSE(inventory_->last_change());
    EXPECT_EQ(inventory_->newest(), 4);
}

TEST_F(InventoryTest, ListsTheNewestGenerationsFirst) {
    for (const Generation number : {1, 2, 3})
        inventory_->record({number, number * 100, "change " + std::to_string(number)}, true);
    const auto two = inventory_->generations(2);
    ASSERT_EQ(two.size(), 2U);
    EXPECT_EQ(two[0].number, 3);
    EXPECT_EQ(two[1].number, 2);
    EXPECT_EQ(two[1].made, 200);
    EXPECT_EQ(two[1].what, "change 2");
}

TEST_F(InventoryTest, HoldsNoValueInClear) {
    Device device = device_of("000b82123456");
    device.xml_password = Secret("XmlPasswordInClear");
    inventory_->add_devices(1, {device});
    inventory_->set_parameters(1, {{phone, assign("P34", "SipPasswordInClear")}});
    inventory_->set_shared(1, of_site, assign("P2", "AdminPasswordInClear"), true);
    inventory_->set_shared(1, "gxp", assign("P2", "ClassPasswordInClear"), false);
    inventory_->set_vendor_file(1, phone, as_bytes("FileInClear"));
    std::string all;
    for (const auto& [name, content] : test::files_below(folder_.path()))
        all += content;
    EXPECT_THAT(all, HasSubstr("000b82123456"))
        << "the files that were searched are the right ones";
    EXPECT_THAT(all, Not(HasSubstr("InClear")));
}

TEST_F(InventoryTest, IsForItsOwnerOnly) {
    inventory_->add_devices(1, {device_of("000b82123456")});
    for (const char* name : {"plugtone.db", "plugtone.db-wal", "plugtone.db-shm"}) {
        struct stat status {};
        ASSERT_EQ(::stat(folder_.path(name).c_str(), &status), 0) << name;
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
    }
}

TEST_F(InventoryTest, DoesNotOpenUnderAnotherMasterKey) {
    inventory_->add_devices(1, {device_of("000b82123456")});
    open_again('x');
    EXPECT_THROW(inventory_->devices(), std::runtime_error);
}

TEST_F(InventoryTest, AValueMovedToAnotherDeviceDoesNotOpen) {
    inventory_->set_parameters(1, {{phone, assign("P34", "secret")}});
    inventory_->database() << "UPDATE device_parameter SET mac = '000b82000001'";
    EXPECT_THROW(inventory_->parameters(mac_of("000b82000001")), std::runtime_error);
}

TEST_F(InventoryTest, RefusesTheDatabaseOfANewerRelease) {
    inventory_->database() << "UPDATE schema_version SET version = version + 1";
    try {
        open_again();
        FAIL() << "it was taken";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr(path_));
        EXPECT_THAT(error.what(), HasSubstr("newer release"));
    }
}

TEST_F(InventoryTest, WhatIsNotCommittedIsNotThere) {
    {
        const soci::transaction transaction(inventory_->database());
        inventory_->add_devices(1, {device_of("000b82123456")});
        inventory_->record({1, 100, "device add"}, true);
    }
    EXPECT_THAT(inventory_->devices(), IsEmpty());
    EXPECT_EQ(inventory_->newest(), 0);
}

TEST_F(InventoryTest, EachClassHasSettingsOfItsOwn) {
    inventory_->set_shared(1, of_site, assign("P64", "site"), true);
    inventory_->set_shared(1, "gxp", assign("P64", "gxp"), false);
    inventory_->set_shared(2, "ht", assign("P64", "ht"), true);
    open_again();
    EXPECT_EQ(inventory_->shared("gxp").at(name_of("P64")).value, "gxp");
    EXPECT_FALSE(inventory_->shared("gxp").at(name_of("P64")).is_public);
    EXPECT_EQ(inventory_->shared("ht").at(name_of("P64")).value, "ht");
    EXPECT_TRUE(inventory_->shared("ht").at(name_of("P64")).is_public);
    EXPECT_THAT(inventory_->shared("none"), IsEmpty());
    EXPECT_TRUE(inventory_->unset_shared(3, "gxp", name_of("P64")));
    EXPECT_FALSE(inventory_->unset_shared(3, "gxp", name_of("P64")));
    EXPECT_THAT(inventory_->all_shared(), UnorderedElementsAre(Key(of_site), Key("ht")));
}

TEST_F(InventoryTest, AValueMovedToAnotherClassDoesNotOpen) {
    inventory_->set_shared(1, "gxp", assign("P34", "secret"), false);
    inventory_->database() << "UPDATE shared_parameter SET owner = 'ht'";
    EXPECT_THROW(inventory_->shared("ht"), std::runtime_error);
}

TEST_F(InventoryTest, ADeviceHasOneVendorFile) {
    const Bytes every_byte = [] {
        Bytes bytes;
        for (int value = 0; value < 256; ++value)
            bytes.push_back(static_cast<std::uint8_t>(value));
        return bytes;
    }();
    EXPECT_FALSE(inventory_->vendor_file(phone));
    inventory_->set_vendor_file(1, phone, as_bytes("first"));
    inventory_->set_vendor_file(2, phone, every_byte);
    open_again();
    EXPECT_EQ(inventory_->vendor_file(phone), every_byte);
    EXPECT_THAT(inventory_->all_vendor_files(), ElementsAre(Pair(phone, every_byte)));
    EXPECT_FALSE(inventory_->vendor_file(other));
    EXPECT_TRUE(inventory_->unset_vendor_file(3, phone));
    EXPECT_FALSE(inventory_->unset_vendor_file(4, phone)) << "it is not there";
    EXPECT_THAT(inventory_->all_vendor_files(), IsEmpty());
}

TEST_F(InventoryTest, AVendorFileGoesWithItsDevice) {
    inventory_->add_devices(1, {device_of("000b82123456")});
    inventory_->set_vendor_file(1, phone, as_bytes("x"));
    inventory_->remove_device(2, phone);
    EXPECT_FALSE(inventory_->vendor_file(phone));
    inventory_->take_back(2);
    EXPECT_TRUE(inventory_->vendor_file(phone));
}

TEST_F(InventoryTest, AChangedDeviceHasAnotherClassAndLabelAndItsSettingsStay) {
    inventory_->add_devices(1, {device_of("000b82123456", "gxp", "One")});
    inventory_->set_parameters(1, {{phone, assign("P47", "a")}});
    inventory_->change_device(2, device_of("000b82123456", "ht", "Two"));
    const auto changed = inventory_->device(phone);
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->class_name, "ht");
    EXPECT_EQ(changed->label, "Two");
    EXPECT_EQ(changed->xml_password.reveal(), "Password1");
    EXPECT_THAT(inventory_->parameters(phone), ElementsAre(Pair(name_of("P47"), "a")));
    EXPECT_EQ(inventory_->devices().size(), 1U);
}

TEST_F(InventoryTest, ManyAreSetAtOnce) {
    std::vector<Device> devices;
    std::vector<Inventory::Setting> settings;
    for (int number = 0; number < 2500; ++number) { // more than are fetched in one go
        std::array<char, 13> mac{};
        std::snprintf(mac.data(), mac.size(), "000b82%06x", static_cast<unsigned>(number));
        devices.push_back(device_of(mac.data(), "gxp", std::to_string(number)));
        settings.push_back({devices.back().mac, assign("P47", std::to_string(number))});
        settings.push_back({devices.back().mac, assign("P48", "x")});
    }
    const soci::transaction transaction(inventory_->database());
    inventory_->add_devices(1, devices);
    inventory_->set_parameters(1, settings);
    const auto found = inventory_->devices();
    ASSERT_EQ(found.size(), devices.size());
    const auto parameters = inventory_->all_parameters();
    ASSERT_EQ(parameters.size(), devices.size());
    for (std::size_t at = 0; at < found.size(); ++at) {
        EXPECT_EQ(found[at].label, std::to_string(at));
        EXPECT_THAT(
            parameters.at(found[at].mac),
            ElementsAre(Pair(name_of("P47"), std::to_string(at)), Pair(name_of("P48"), "x")));
    }
}

TEST_F(InventoryTest, RemembersTheShelvesThatADeviceWasToldTheNewestFirst) {
    EXPECT_THAT(inventory_->told_shelves(phone), IsEmpty());
    for (const char* folder : {"a_@", "b_@", "c_@", "a_@"})
        inventory_->tell_shelf(phone, folder);
    inventory_->tell_shelf(other, "other_@");
    open_again();
    EXPECT_THAT(inventory_->told_shelves(phone), ElementsAre("a_@", "c_@", "b_@"));
    for (const char* folder : {"d_@", "e_@"})
        inventory_->tell_shelf(phone, folder);
    EXPECT_THAT(inventory_->told_shelves(phone), ElementsAre("e_@", "d_@", "a_@", "c_@"))
        << "as many as are kept in mind";
    EXPECT_EQ(inventory_->told_shelves(phone).size(), Inventory::told_shelves_max);
    EXPECT_THAT(inventory_->all_told_shelves(),
                UnorderedElementsAre(Pair(phone, ElementsAre("e_@", "d_@", "a_@", "c_@")),
                                     Pair(other, ElementsAre("other_@"))));
}

TEST_F(InventoryTest, KnowsWhoseRowsAGenerationTouched) {
    inventory_->add_devices(1, {device_of("000b82123456"), device_of("000b82000001")});
    inventory_->set_parameters(2, {{phone, assign("P47", "a")}});
    inventory_->unset_parameter(3, phone, name_of("P47"));
    inventory_->set_vendor_file(4, other, as_bytes("x"));
    inventory_->change_device(5, device_of("000b82000001", "gxp"));
    inventory_->remove_device(6, other);
    inventory_->set_shared(7, "gxp", assign("P64", "a"), false);
    inventory_->unset_shared(8, "gxp", name_of("P64"));
    const auto touched = [&](Generation generation) {
        const Scope scope = inventory_->touched_by(generation);
        EXPECT_FALSE(scope.everything) << generation;
        return scope.devices;
    };
    EXPECT_THAT(touched(1), UnorderedElementsAre(phone, other));
    EXPECT_THAT(touched(2), ElementsAre(phone));
    EXPECT_THAT(touched(3), ElementsAre(phone));
    EXPECT_THAT(touched(4), ElementsAre(other));
    EXPECT_THAT(touched(5), ElementsAre(other));
    EXPECT_THAT(touched(6), ElementsAre(other));
    EXPECT_TRUE(inventory_->touched_by(7).everything) << "of many devices";
    EXPECT_TRUE(inventory_->touched_by(8).everything);
    EXPECT_THAT(touched(9), IsEmpty());
}

// What each later step of the schema brought, taken away.
constexpr auto back_to_the_first_schema = std::to_array<const char*>(
    {"CREATE TABLE site_parameter (name TEXT NOT NULL, value TEXT NOT NULL, public INTEGER "
     "NOT NULL, since BIGINT NOT NULL, until BIGINT)",
     "CREATE UNIQUE INDEX site_parameter_now ON site_parameter (name) WHERE until IS NULL",
     "INSERT INTO site_parameter SELECT name, value, public, since, until FROM "
     "shared_parameter",
     "DROP TABLE shared_parameter",
     "DROP TABLE vendor_file",
     "DROP TABLE told_shelf",
     "DROP INDEX device_since",
     "DROP INDEX device_until",
     "DROP INDEX device_parameter_since",
     "DROP INDEX device_parameter_until",
     "DROP TABLE offer_override",
     "DROP TABLE firmware",
     "DROP TABLE firmware_file",
     "DROP TABLE firmware_pin",
     "DROP TABLE device_version",
     "DROP TABLE rollout",
     "DROP TABLE rollout_member",
     "DROP TABLE bootstrap_window",
     "DROP TABLE password_rotation",
     "DROP TABLE unknown_phone",
     "DROP TABLE pin",
     "DROP TABLE pin_throttle",
     "DROP TABLE sealed_key",
     "DROP TABLE fleet",
     "DROP TABLE fleet_change",
     "DROP INDEX device_site",
     "ALTER TABLE device DROP COLUMN site",
     "ALTER TABLE device_parameter DROP COLUMN site",
     "ALTER TABLE device_state DROP COLUMN user_class",
     "ALTER TABLE device_state DROP COLUMN host_name",
     "ALTER TABLE device_state DROP COLUMN kea_classes",
     "DROP TABLE schema_version",
     "ALTER TABLE device_state DROP COLUMN since",
     "ALTER TABLE device_state DROP COLUMN stuck_since",
     "ALTER TABLE device_state DROP COLUMN why",
     "ALTER TABLE device_state DROP COLUMN fetched",
     "ALTER TABLE device_state DROP COLUMN fetched_at",
     "ALTER TABLE device_state DROP COLUMN fetches",
     "ALTER TABLE device_state DROP COLUMN missing",
     "ALTER TABLE device_state DROP COLUMN hint",
     "DROP INDEX journal_known",
     "DROP INDEX journal_time",
     "ALTER TABLE journal DROP COLUMN known",
     "DROP TABLE poll_slot",
     "DROP TABLE composed",
     "DROP TABLE look_again",
     "PRAGMA user_version = 1"});

// As the first release made it.
TEST_F(InventoryTest, ADatabaseOfTheFirstSchemaIsBroughtUpToDate) {
    inventory_->add_devices(1, {device_of("000b82123456", "gxp", "One")});
    inventory_->set_parameters(1, {{phone, assign("P47", "a")}});
    inventory_->set_shared(1, of_site, assign("P64", "old"), false);
    inventory_->set_shared(2, of_site, assign("P64", "auto"), true);
    inventory_->record({2, 200, "site set P64"}, true);
    for (const char* statement : back_to_the_first_schema)
        inventory_->database() << statement;
    open_again();
    int version = 0;
    inventory_->database() << "SELECT version FROM schema_version", soci::into(version);
    EXPECT_GE(version, 3);
    inventory_->database() << "PRAGMA user_version", soci::into(version);
    EXPECT_GE(version, 1000) << "an older release must not take it for its own";
    EXPECT_EQ(now(), "000b82123456 gxp One Password1\n P47=a\nsite P64=auto public\n");
    EXPECT_EQ(inventory_->last_change()->what, "site set P64");
    inventory_->take_back(2);
    EXPECT_EQ(now(), "000b82123456 gxp One Password1\n P47=a\nsite P64=old\n");
    inventory_->set_vendor_file(3, phone, as_bytes("x"));
    inventory_->tell_shelf(phone, "gs_@");
    open_again();
    EXPECT_THAT(inventory_->told_shelves(phone), ElementsAre("gs_@"));
}

} // namespace
} // namespace plugtone
