#include "agent/pin_rows.hpp"

#include <gmock/gmock.h>

#include "agent/inventory.hpp"
#include "core/classes/known_parameters.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using testing::HasSubstr;

FirmwareId firmware_of(const std::optional<Pin>& pin) {
    return pin ? pin->firmware : 0;
}

class PinRowsTest : public testing::Test {
protected:
    // A rollout that has pinned the device.
    void roll(long long id, FirmwareId firmware, Generation generation, const char* state) {
        const std::string text = state, mac = mac_.text();
        inventory_.database() << "INSERT INTO rollout VALUES (:id, :f, '', '', '100%', '', 1, 1, "
                                 "1, :state, '', 0, 0)",
            soci::use(id), soci::use(firmware), soci::use(text);
        inventory_.database() << "INSERT INTO rollout_member VALUES (:id, :mac, 0, 0, 'updated', "
                                 ":f, 0, :g, 0, 0, 0, 0, '', '')",
            soci::use(id), soci::use(mac), soci::use(firmware), soci::use(generation);
    }
    FirmwareId now() {
        EXPECT_EQ(firmware_of(rows_.of(Scope::of(mac_)).of(mac_, "gxp")),
                  firmware_of(rows_.all().of(mac_, "gxp")));
        return firmware_of(rows_.all().of(mac_, "gxp"));
    }

    Mac mac_ = test::mac_of("000b82123456");
    test::TempFolder folder_;
    Inventory inventory_{folder_.path("plugtone.db"), test::test_box()};
    PinRows& rows_ = inventory_.pins();
};

TEST_F(PinRowsTest, ADevicesOwnComesBeforeItsClasss) {
    EXPECT_EQ(now(), 0);
    rows_.pin_class(1, "gxp", 7);
    EXPECT_EQ(now(), 7);
    rows_.pin_class(2, "ht", 8);
    rows_.pin_device(3, mac_, 9);
    rows_.pin_class(4, "gxp", 10);
    EXPECT_EQ(now(), 9);
    rows_.pin_device(5, mac_, 0);
    EXPECT_EQ(now(), 10);
}

TEST_F(PinRowsTest, AreTakenBackWithTheirGeneration) {
    rows_.pin_device(1, mac_, 7);
    rows_.pin_device(2, mac_, 8);
    EXPECT_EQ(inventory_.touched_by(2).devices, std::set<Mac>{mac_});
    inventory_.take_back(2);
    EXPECT_EQ(now(), 7);
    rows_.pin_class(3, "gxp", 9);
    EXPECT_TRUE(inventory_.touched_by(3).everything);
}

TEST_F(PinRowsTest, OfARolloutAndAnOperatorTheNewestCounts) {
    rows_.pin_device(1, mac_, 7);
    roll(1, 8, 2, "finished");
    EXPECT_EQ(now(), 8);
    EXPECT_EQ(rows_.all().of(mac_, "gxp")->rollout, 1);
    roll(2, 9, 3, "running");
    EXPECT_EQ(now(), 9);
    rows_.pin_device(4, mac_, 10);
    EXPECT_EQ(now(), 10);
    inventory_.take_back(4);
    EXPECT_EQ(now(), 9);
    rows_.pin_device(5, mac_, 0);
    EXPECT_EQ(now(), 0) << "unpinned, whatever rollouts said before";
}

TEST_F(PinRowsTest, AnAbortedRolloutPinsNothing) {
    rows_.pin_class(1, "gxp", 7);
    roll(1, 8, 2, "aborted");
    EXPECT_EQ(now(), 7);
}

TEST_F(PinRowsTest, AreGoneWithTheDevice) {
    rows_.pin_device(1, mac_, 7);
    inventory_.remove_device(2, mac_);
    EXPECT_EQ(now(), 0);
    inventory_.take_back(2);
    EXPECT_EQ(now(), 7);
}

TEST_F(PinRowsTest, TellThePhoneWhereTheShelfIs) {
    Firmware firmware;
    firmware.version = FirmwareVersion::parse("1").value();
    firmware.shelf = {"gs_", "_1.0"};
    const FirmwareId id = inventory_.firmware().add(firmware);
    rows_.pin_device(1, mac_, id);
    EXPECT_EQ(rows_.all().parameters(mac_, "gxp", "").value(),
              (ParameterSet{{known::firmware_prefix, "gs_"},
                            {known::firmware_postfix, "_1.0"},
                            {known::firmware_check, "0"}}));
    EXPECT_EQ(rows_.all().parameters(mac_, "gxp", "192.0.2.1").value().at(known::firmware_path),
              "192.0.2.1");
    rows_.pin_device(2, mac_, 77);
    EXPECT_THAT(rows_.all().parameters(mac_, "gxp", "").error().message,
                HasSubstr("pinned to firmware 77, which was removed"));
    EXPECT_TRUE(rows_.all().parameters(test::mac_of("000b82000001"), "ht", "")->empty());
}

} // namespace
} // namespace plugtone
