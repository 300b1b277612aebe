#include "agent/override_rows.hpp"

#include <gmock/gmock.h>

#include "agent/inventory.hpp"
#include "tests/unit/agent/branch.hpp"
#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using test::device_of;
using test::mac_of;

class OverrideRowsTest : public testing::Test {
protected:
    MacRange range_ = MacRange::parse("000b82000000-000b820000ff").value();
    Mac mac_ = mac_of("000b82123456");
    test::TempFolder folder_;
    Inventory inventory_{folder_.path("plugtone.db"), test::test_box()};
    OverrideRows& rows_ = inventory_.overrides();
};

TEST_F(OverrideRowsTest, HoldUntilTheyAreEnded) {
    rows_.set_redirect(1, range_, "http://a");
    rows_.set_url(1, mac_, "http://b");
    rows_.set_url(2, mac_, "http://c");
    EXPECT_EQ(rows_.all(), (OfferOverrides{{{range_, "http://a"}}, {{mac_, "http://c"}}}));
    EXPECT_EQ(rows_.url_of(mac_), "http://c");
    EXPECT_TRUE(rows_.unset_redirect(3, range_));
    EXPECT_FALSE(rows_.unset_redirect(3, range_));
    EXPECT_TRUE(rows_.unset_url(3, mac_));
    EXPECT_TRUE(rows_.all().empty());
    EXPECT_EQ(rows_.url_of(mac_), "");
}

TEST_F(OverrideRowsTest, AreTakenBackWithTheirGeneration) {
    rows_.set_redirect(1, range_, "http://a");
    rows_.set_redirect(2, range_, "http://b");
    inventory_.take_back(2);
    EXPECT_EQ(rows_.all().redirects.at(range_), "http://a");
}

TEST_F(OverrideRowsTest, ADevicesUrlGoesWithIt) {
    inventory_.add_devices(1, {device_of("000b82123456")});
    rows_.set_url(1, mac_, "http://b");
    inventory_.remove_device(2, mac_);
    EXPECT_EQ(rows_.url_of(mac_), "");
}

TEST_F(OverrideRowsTest, AnUndoTouchesTheDevicesOfTheRange) {
    inventory_.add_devices(1, {device_of("000b82000001"), device_of("000b82123456")});
    rows_.set_redirect(2, range_, "http://a");
    rows_.set_url(2, mac_, "http://b");
    EXPECT_EQ(rows_.redirects_touched_by(2), std::vector{range_});
    EXPECT_EQ(inventory_.touched_by(2).devices, std::set{mac_of("000b82000001")});
    rows_.unset_redirect(3, range_);
    EXPECT_EQ(inventory_.touched_by(3).devices, std::set{mac_of("000b82000001")});
    EXPECT_TRUE(inventory_.touched_by(4).devices.empty());
}

} // namespace
} // namespace plugtone
