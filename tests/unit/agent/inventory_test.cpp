#include "agent/inventory.hpp"

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
using testing::Not;
using testing::Pair;

const Mac phone = mac_of("000b82123456");

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
        for (const auto& [name, parameter] : inventory_->shared(of_site))
            text += "site " + name.text() + "=" + parameter.value +
                    (parameter.is_public ? " public\n" : "\n");
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
    const Mac other = mac_of("000b82000001");
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
    inventory_->database() << "PRAGMA user_version = 3";
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

} // namespace
} // namespace plugtone
