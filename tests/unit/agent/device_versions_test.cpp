#include "agent/device_versions.hpp"

#include <gmock/gmock.h>

#include "agent/inventory.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

class DeviceVersionsTest : public testing::Test {
protected:
    static Event said(const std::string& version, const std::string& id = "") {
        return {EventKind::transfer_done,
                {{"MAC", "000b82123456"},
                 {"DEVICE_MODEL", "GXP2160"},
                 {"DEVICE_FIRMWARE", version},
                 {"DEVICE_ID", id}}};
    }
    Mac mac_ = test::mac_of("000b82123456");
    test::TempFolder folder_;
    Inventory inventory_{folder_.path("plugtone.db"), test::test_box()};
    DeviceVersions versions_{inventory_.database()};
};

TEST_F(DeviceVersionsTest, KeepWhatAPhoneSaidLast) {
    EXPECT_EQ(versions_.of(mac_), std::nullopt);
    versions_.take(said("1.0.11.35"), 100);
    versions_.take(said("001.000.011.040"), 200);
    versions_.take(said("1.0.11.40"), 300);
    const DeviceVersion last{"GXP2160", "1.0.11.40", 200};
    EXPECT_EQ(versions_.of(mac_), last);
    EXPECT_EQ(DeviceVersions(inventory_.database()).of(mac_), last) << "after a restart";
}

TEST_F(DeviceVersionsTest, DoNotBelieveOneThatGoesByAnothersMac) {
    EXPECT_FALSE(versions_.take(said("1.0.11.35", "000b82000001"), 100));
    EXPECT_TRUE(versions_.take(said("1.0.11.35", "00:0B:82:12:34:56"), 100));
}

TEST_F(DeviceVersionsTest, TakeNothingFromOneThatSaysNothing) {
    EXPECT_FALSE(versions_.take(said(""), 100));
    EXPECT_FALSE(versions_.take(said("latest"), 100));
    EXPECT_FALSE(versions_.take({EventKind::transfer_done, {{"DEVICE_FIRMWARE", "1.0"}}}, 100));
    EXPECT_EQ(versions_.of(mac_), std::nullopt);
}

} // namespace
} // namespace plugtone
