#include "agent/inventory_rows.hpp"

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::assign;
using test::device_of;
using test::mac_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const Mac phone = mac_of("000b82123456");

class InventoryRowsTest : public testing::Test {
protected:
    static std::string text_of(const RowChange& change) {
        std::string text = inventory_tables()[change.key.table].name;
        for (const std::string& column : change.key.columns)
            text += " " + column;
        return change.values ? text : text + " gone";
    }
    std::vector<std::string> changes_of(Generation generation) {
        std::vector<std::string> texts;
        for (const RowChange& change :
             current_rows(one_.database(), touched_rows(one_.database(), generation)))
            texts.push_back(text_of(change));
        return texts;
    }

    test::TempFolder folder_;
    Inventory one_{folder_.path("one"), test::test_box()};
    Inventory other_{folder_.path("other"), test::test_box()};
};

TEST_F(InventoryRowsTest, TheDevicesOwnRowHasItsPassword) {
    one_.add_devices(1, {device_of("000b82123456", "gxp", "One")});
    const RowChanges rows = current_rows(one_.database(), {row_of_device(phone.text())});
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(text_of(rows[0]), "device 000b82123456");
    apply_rows(other_.database(), own_site, 1, rows);
    EXPECT_EQ(other_.device(phone)->xml_password.reveal(), "Password1");
}

TEST_F(InventoryRowsTest, AreWhatAGenerationMadeOrClosed) {
    one_.add_devices(1, {device_of("000b82123456", "gxp", "One")});
    one_.set_parameters(2, {{phone, assign("P47", "a")}});
    one_.set_shared(3, of_site, assign("P64", "a"), true);
    one_.overrides().set_url(4, phone, "http://x/");
    one_.set_vendor_file(5, phone, as_bytes("x"));
    one_.remove_device(6, phone);
    EXPECT_THAT(changes_of(1), ElementsAre("device 000b82123456 gone")) << "by now";
    EXPECT_THAT(changes_of(3), ElementsAre("shared_parameter  P64"));
    EXPECT_THAT(changes_of(6), UnorderedElementsAre("device 000b82123456 gone",
                                                    "device_parameter 000b82123456 P47 gone",
                                                    "vendor_file 000b82123456 gone",
                                                    "offer_override device 000b82123456 gone"));
    EXPECT_THAT(changes_of(7), IsEmpty());
}

TEST_F(InventoryRowsTest, MakeTheSameOfAnotherDatabase) {
    one_.add_devices(1, {device_of("000b82123456", "gxp", "One")});
    one_.set_parameters(1, {{phone, assign("P47", "a")}, {phone, assign("P48", "b")}});
    one_.set_shared(1, "gxp", assign("P64", "auto"), true);
    apply_rows(other_.database(), own_site, 1, all_rows(one_.database(), own_site));
    EXPECT_EQ(other_.device(phone)->label, "One");
    EXPECT_TRUE(other_.shared("gxp").at(test::name_of("P64")).is_public);
    one_.change_device(2, device_of("000b82123456", "gxp", "Two"));
    one_.unset_parameter(2, phone, test::name_of("P48"));
    apply_rows(other_.database(), own_site, 2,
               current_rows(one_.database(), touched_rows(one_.database(), 2)));
    EXPECT_TRUE(all_rows(one_.database(), own_site) == all_rows(other_.database(), own_site));
    other_.take_back(2);
    EXPECT_EQ(other_.device(phone)->label, "One") << "an undo knows what was before";
    EXPECT_THAT(other_.parameters(phone), SizeIs(2));
}

TEST_F(InventoryRowsTest, ConcernTheFilesOfTheirDevicesOrOfAll) {
    one_.add_devices(1, {device_of("000b82123456")});
    one_.overrides().set_redirect(1, MacRange::parse("000b82000001").value(), "http://x/");
    const Mac redirected = test::mac_of("000b82000001");
    const Scope some =
        scope_of(all_rows(one_.database(), own_site), std::array{test::mac_of("000b82000002")});
    EXPECT_FALSE(some.everything);
    EXPECT_THAT(some.devices, ElementsAre(phone)) << "nobody else is redirected";
    EXPECT_THAT(scope_of(all_rows(one_.database(), own_site), std::array{redirected}).devices,
                ElementsAre(redirected, phone))
        << "a redirection is in the device's own file";
    one_.set_shared(2, "gxp", assign("P64", "a"), false);
    EXPECT_TRUE(scope_of(all_rows(one_.database(), own_site), {}).everything);
}

TEST_F(InventoryRowsTest, OfClassesAreEverySites) {
    const auto is_of_every_site = [](std::vector<std::string> columns) {
        for (std::size_t table = 0; table < inventory_tables().size(); ++table)
            if (std::string_view(inventory_tables()[table].name) == "shared_parameter")
                return RowKey{table, std::move(columns)}.is_of_every_site();
        return false;
    };
    EXPECT_TRUE(is_of_every_site({"gxp", "P64"}));
    EXPECT_FALSE(is_of_every_site({of_site, "P64"}));
    EXPECT_FALSE((RowKey{0, {"000b82123456"}}).is_of_every_site());
}

} // namespace
} // namespace plugtone
