#include "agent/firmware_rows.hpp"

#include <gmock/gmock.h>

#include "agent/inventory.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using testing::SizeIs;

class FirmwareRowsTest : public testing::Test {
protected:
    static Firmware firmware(const std::string& version) {
        Firmware made;
        made.model = "GXP2160";
        made.version = FirmwareVersion::parse(version).value();
        made.shelf = {"gs_", "_" + version};
        made.imported = 1000;
        made.files = {{"boot.bin", 3, "aa"}, {"vp.bin", 5'000'000'000, "bb"}};
        return made;
    }
    test::TempFolder folder_;
    Inventory inventory_{folder_.path("plugtone.db"), test::test_box()};
    FirmwareRows& rows_ = inventory_.firmware();
};

TEST_F(FirmwareRowsTest, GiveBackWhatWasAdded) {
    const FirmwareId id = rows_.add(firmware("1.0.11.40"));
    const auto found = rows_.find(id);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->text(), "firmware 1 (GXP2160 1.0.11.40)");
    EXPECT_EQ(found->shelf, (Shelf{"gs_", "_1.0.11.40"}));
    EXPECT_EQ(found->files, firmware("1").files);
    EXPECT_EQ(found->imported, 1000);
}

TEST_F(FirmwareRowsTest, GiveNoIdTwice) {
    const FirmwareId first = rows_.add(firmware("1"));
    rows_.move_to(first, FirmwareState::gone);
    EXPECT_FALSE(rows_.find(first));
    EXPECT_GT(rows_.add(firmware("2")), first);
}

TEST_F(FirmwareRowsTest, KnowWhatWasUnderWay) {
    Firmware placing = firmware("1");
    placing.state = FirmwareState::placing;
    rows_.add(placing);
    rows_.add(firmware("2"));
    EXPECT_THAT(rows_.in_state(FirmwareState::placing), SizeIs(1));
    EXPECT_THAT(rows_.in_state(FirmwareState::there), SizeIs(1));
    EXPECT_THAT(rows_.in_state(FirmwareState::removing), SizeIs(0));
}

} // namespace
} // namespace plugtone
