#include "agent/master_key.hpp"

#include <filesystem>

#include <gmock/gmock.h>

#include "agent/enrolment_pins.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using testing::HasSubstr;

constexpr long long start = 1'700'000'000;

// A branch with one of everything that is sealed.
class MasterKeyTest : public testing::Test {
protected:
    MasterKeyTest() {
        OpenedInventory opened = open();
        Inventory& inventory = *opened.inventory;
        inventory.record({1, 0, "add"}, true);
        inventory.add_devices(1, {test::device_of("000b82123456")});
        inventory.set_parameters(1, {{mac_, test::assign("P34", "s3cret")}});
        inventory.set_shared(1, of_site, test::assign("P2", "admin"), false);
        inventory.set_shared(1, "gxp", test::assign("P3", "class"), false);
        inventory.set_vendor_file(1, mac_, as_bytes("binary"));
        inventory.rotations().begin(mac_, {"", "_k1", Secret("Password2"), 1});
        // A row that holds no more is sealed, too: an undo may bring it back.
        inventory.record({2, 0, "set"}, true);
        inventory.set_parameters(2, {{mac_, test::assign("P34", "other")}});
        EnrolmentPins pins(inventory.database(), opened.box);
        pin_ = pins.issue("Desk", "", {{"P35", "201"}}, 1000, start)->pin;
    }
    OpenedInventory open() {
        auto opened = open_inventory(folder_.path("db"), files_);
        if (!opened)
            throw std::runtime_error(opened.error().message);
        return *std::move(opened);
    }
    std::string key() const { return test::content_of(files_.current); }
    bool has_next() const { return std::filesystem::exists(files_.next); }
    void expect_all_opens() {
        OpenedInventory opened = open();
        Inventory& inventory = *opened.inventory;
        EXPECT_EQ(inventory.device(mac_)->xml_password.reveal(), "Password1");
        EXPECT_EQ(inventory.parameters(mac_).at(test::name_of("P34")), "other");
        EXPECT_EQ(inventory.shared(of_site).at(test::name_of("P2")).value, "admin");
        EXPECT_EQ(inventory.shared("gxp").at(test::name_of("P3")).value, "class");
        EXPECT_EQ(inventory.vendor_file(mac_)->size(), 6U);
        EXPECT_EQ(inventory.rotations().of(mac_)->password.reveal(), "Password2");
        EnrolmentPins pins(inventory.database(), opened.box);
        const auto found = pins.look_up(pin_.reveal(), mac_, start);
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_EQ(found->settings.at("P35"), "201");
    }

    test::TempFolder folder_;
    const MasterKeyFiles files_{folder_.path("master.key"), folder_.path("master.key.next")};
    const Mac mac_ = mac_of("000b82123456");
    Secret pin_;
};

TEST_F(MasterKeyTest, EverythingOpensUnderTheNewOne) {
    const std::string before = key();
    ASSERT_TRUE(rotate_master_key(folder_.path("db"), files_));
    EXPECT_NE(key(), before);
    EXPECT_FALSE(has_next());
    expect_all_opens();
}

TEST_F(MasterKeyTest, NothingOpensUnderTheOldOne) {
    const std::string before = key();
    ASSERT_TRUE(rotate_master_key(folder_.path("db"), files_));
    folder_.write("master.key", before);
    const auto opened = open_inventory(folder_.path("db"), files_);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("does not open under this master key"));
}

TEST_F(MasterKeyTest, WhatAnUndoBringsBackOpensToo) {
    ASSERT_TRUE(rotate_master_key(folder_.path("db"), files_));
    OpenedInventory opened = open();
    opened.inventory->take_back(2);
    EXPECT_EQ(opened.inventory->parameters(mac_).at(test::name_of("P34")), "s3cret");
}

TEST_F(MasterKeyTest, CutOffBeforeTheDatabaseTookItTheOldOneCounts) {
    const std::string before = key();
    ASSERT_TRUE(SecretBox::from_file(files_.next)); // made, and then the power went
    expect_all_opens();
    EXPECT_EQ(key(), before);
    EXPECT_FALSE(has_next()) << "it opens nothing";
}

TEST_F(MasterKeyTest, CutOffAfterTheDatabaseTookItTheNewOneIsPutInPlace) {
    {
        OpenedInventory opened = open();
        const auto next = SecretBox::from_file(files_.next);
        ASSERT_TRUE(next);
        ASSERT_TRUE(reseal(*opened.inventory, opened.box, *next));
    }
    const std::string made = test::content_of(files_.next);
    expect_all_opens();
    EXPECT_EQ(key(), made);
    EXPECT_FALSE(has_next());
}

TEST_F(MasterKeyTest, AFailureOnTheWayLeavesAllAsItWas) {
    {
        OpenedInventory opened = open();
        opened.inventory->database() << "UPDATE pin SET settings = 'damaged'";
        const auto next = SecretBox::from_file(files_.next);
        ASSERT_TRUE(next);
        EXPECT_FALSE(reseal(*opened.inventory, opened.box, *next));
        EXPECT_EQ(opened.inventory->device(mac_)->xml_password.reveal(), "Password1");
    }
    EXPECT_EQ(open().inventory->parameters(mac_).at(test::name_of("P34")), "other");
}

// systemd's credentials lie where nobody can write.
TEST_F(MasterKeyTest, WhereTheKeyCannotBeReplacedTheNewOneIsUsedBesideIt) {
    const MasterKeyFiles sealed{folder_.path("credentials/master.key"), files_.next};
    folder_.write("credentials/master.key", key());
    std::filesystem::permissions(sealed.current, std::filesystem::perms::owner_read |
                                                     std::filesystem::perms::owner_write);
    {
        OpenedInventory opened = *open_inventory(folder_.path("db"), sealed);
        const auto next = SecretBox::from_file(sealed.next);
        ASSERT_TRUE(reseal(*opened.inventory, opened.box, *next));
    }
    const std::string made = test::content_of(sealed.next);
    // A folder in its place: root could rename over anything else.
    std::filesystem::remove_all(folder_.path("credentials"));
    folder_.write("credentials/master.key/x", "");
    EXPECT_FALSE(open_inventory(folder_.path("db"), sealed)) << "no key at all";
    EXPECT_EQ(test::content_of(sealed.next), made) << "the only one there is";
    EXPECT_TRUE(install_next_key(sealed)) << "told in the log, and no failure";
    EXPECT_EQ(test::content_of(sealed.next), made);
}

TEST_F(MasterKeyTest, TwoAgentsOnOneTreeAreRefused) {
    const auto first = sole_agent(folder_.path("srv"));
    ASSERT_TRUE(first) << first.error().message;
    const auto second = sole_agent(folder_.path("srv"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::conflict);
}

TEST(MasterKey, OfADatabaseOfBeforeIsProvenByWhatItOpens) {
    const test::TempFolder folder;
    const MasterKeyFiles files{folder.path("master.key"), folder.path("master.key.next")};
    {
        OpenedInventory opened = *open_inventory(folder.path("db"), files);
        opened.inventory->record({1, 0, "add"}, true);
        opened.inventory->add_devices(1, {test::device_of("000b82123456")});
        opened.inventory->database() << "DELETE FROM sealed_key";
    }
    EXPECT_TRUE(open_inventory(folder.path("db"), files));
    Inventory(folder.path("db"), test::test_box()).database() << "DELETE FROM sealed_key";
    std::filesystem::remove(files.current); // lost: a new one is made, and opens nothing
    EXPECT_FALSE(open_inventory(folder.path("db"), files));
}

} // namespace
} // namespace plugtone
