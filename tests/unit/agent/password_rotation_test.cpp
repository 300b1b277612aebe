#include "agent/password_rotation.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;

class RotationRowsTest : public testing::Test {
protected:
    RotationRowsTest() {
        inventory_.record({1, 0, "add"}, true);
        inventory_.add_devices(1, {test::device_of("000b82123456")});
    }
    RotationRows& rows() { return inventory_.rotations(); }
    std::string password() { return std::string(inventory_.device(mac_)->xml_password.reveal()); }

    test::TempFolder folder_;
    Inventory inventory_{folder_.path("db"), test::test_box()};
    const Mac mac_ = mac_of("000b82123456");
};

TEST_F(RotationRowsTest, IsReadAsItWasBegun) {
    rows().begin(mac_, {"gs_", "_k1", Secret("Password2"), 1000});
    const auto rotation = rows().of(mac_);
    ASSERT_TRUE(rotation);
    EXPECT_EQ(rotation->prefix, "gs_");
    EXPECT_EQ(rotation->postfix, "_k1");
    EXPECT_EQ(rotation->password.reveal(), "Password2");
    EXPECT_EQ(rotation->started, 1000);
    EXPECT_EQ(rows().all().size(), 1U);
    EXPECT_EQ(password(), "Password1") << "until the device has the new one";
}

TEST_F(RotationRowsTest, TheNewPasswordIsSealed) {
    rows().begin(mac_, {"", "_k1", Secret("Password2"), 1000});
    inventory_.database() << "PRAGMA wal_checkpoint(TRUNCATE)";
    EXPECT_EQ(test::content_of(folder_.path("db")).find("Password2"), std::string::npos);
}

TEST_F(RotationRowsTest, EachHasANameThatNoOtherHad) {
    EXPECT_EQ(rows().fresh_postfix(mac_, "_a"), "_a_k1");
    rows().begin(mac_, {"", "_a_k1", Secret("Password2"), 1000});
    rows().finish(mac_);
    EXPECT_EQ(rows().fresh_postfix(mac_, "_a"), "_a_k2");
    rows().begin(mac_, {"", "_a_k2", Secret("Password3"), 1000});
    EXPECT_EQ(rows().fresh_postfix(mac_, ""), "_k3");
}

TEST_F(RotationRowsTest, WhenItIsOverThePasswordIsTheDevices) {
    rows().begin(mac_, {"", "_k1", Secret("Password2"), 1000});
    rows().finish(mac_);
    EXPECT_FALSE(rows().of(mac_));
    EXPECT_TRUE(rows().all().empty());
    EXPECT_EQ(password(), "Password2");
    rows().finish(mac_);
    EXPECT_EQ(password(), "Password2") << "once";
}

TEST_F(RotationRowsTest, NoUndoBringsTheOldPasswordBack) {
    inventory_.record({2, 0, "label"}, true);
    Device labelled = *inventory_.device(mac_);
    labelled.label = "Reception";
    inventory_.change_device(2, labelled);
    rows().begin(mac_, {"", "_k1", Secret("Password2"), 1000});
    rows().finish(mac_);
    inventory_.take_back(2);
    EXPECT_EQ(inventory_.device(mac_)->label, "");
    EXPECT_EQ(password(), "Password2");
}

TEST_F(RotationRowsTest, ADeviceThatComesAnewHasNone) {
    rows().begin(mac_, {"", "_k1", Secret("Password2"), 1000});
    rows().forget(mac_);
    EXPECT_FALSE(rows().of(mac_));
    EXPECT_EQ(password(), "Password1");
}

} // namespace
} // namespace plugtone
