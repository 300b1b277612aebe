#include "agent/importer.hpp"

#include <gmock/gmock.h>

#include "tests/unit/agent/running_agent.hpp"

namespace plugtone {
namespace {

using test::class_xml;
using test::mac_of;
using test::name_of;
using test::other_phone;
using test::phone;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class ImporterTest : public test::RunningAgent {
protected:
    ImporterTest() {
        folder_.write("classes/ht.xml", class_xml("ht", "vendor-class=\"HT\"", "", "", "ht"));
        const auto taken = pipeline_->reload();
        EXPECT_TRUE(taken) << taken.error().message;
        published_.clear();
    }
    Result<ImportOutcome> import(const std::string& text) {
        const auto table = parse_csv("phones.csv", as_bytes(text));
        if (!table)
            return tl::unexpected(table.error());
        return import_devices(*operations_, *table, {});
    }
    ImportOutcome taken(const std::string& text) {
        auto outcome = import(text);
        EXPECT_TRUE(outcome) << outcome.error().message;
        if (!outcome)
            return {};
        for (const BadCell& cell : outcome->bad)
            ADD_FAILURE() << cell.row << ", " << cell.column << ": " << cell.text;
        return *std::move(outcome);
    }
    // Nothing may have changed; what is bad, as "ROW:COLUMN text".
    std::vector<std::string> bad(const std::string& text) {
        const auto files = live_files();
        const Generation newest = inventory_->newest();
        const std::size_t devices = inventory_->devices().size();
        const auto outcome = import(text);
        EXPECT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(live_files(), files);
        EXPECT_EQ(inventory_->newest(), newest);
        EXPECT_EQ(inventory_->devices().size(), devices);
        EXPECT_THAT(published_, IsEmpty());
        std::vector<std::string> all;
        if (outcome)
            for (const BadCell& cell : outcome->bad)
                all.push_back(std::to_string(cell.row) + ":" + std::to_string(cell.column) + " " +
                              cell.text);
        return all;
    }
    // As far as it is there: "CLASS LABEL P47=a P901=80".
    std::string device(const char* mac) {
        const auto found = inventory_->device(mac_of(mac));
        if (!found)
            return "none";
        std::string text = found->class_name + " " + found->label;
        for (const auto& [name, value] : parameters(mac))
            text += " " + name.text() + "=" + value;
        return text;
    }
};

TEST_F(ImporterTest, AddsChangesAndLeavesInOneGenerationThatOneUndoTakesBack) {
    add(phone, "gxp", {{"P47", "old"}, {"P64", "kept"}});
    add(other_phone, "ht", {{"P47", "same"}});
    const auto before = live_files();
    const Generation live = pipeline_->live();
    const auto outcome = taken("MAC,Class,LABEL,sip-server,P901\n"
                               "00:0b:82:12:34:56,gxp,Reception,new,80\n"
                               "000b82000001,ht,,same,\n"
                               "000b82000002,ht,Lift,new,1080\n"
                               "000b82000003,gxp,Hall,new,80\n");
    EXPECT_EQ(outcome.added, 2U);
    EXPECT_EQ(outcome.changed, 1U);
    EXPECT_EQ(outcome.unchanged, 1U);
    EXPECT_THAT(outcome.notes, IsEmpty());
    EXPECT_EQ(device(phone), "gxp Reception P47=new P64=kept P901=80");
    EXPECT_EQ(device(other_phone), "ht  P47=same");
    EXPECT_EQ(device("000b82000002"), "ht Lift P47=new P901=1080");
    EXPECT_EQ(device("000b82000003"), "gxp Hall P47=new P901=80");
    EXPECT_FALSE(inventory_->device(mac_of("000b82000002"))->xml_password ==
                 inventory_->device(mac_of("000b82000003"))->xml_password);
    EXPECT_EQ(live_files().count("gs_@/cfg000b82000003.xml"), 1U);
    EXPECT_EQ(pipeline_->live(), live + 1);
    EXPECT_THAT(published_.back(), Pair(live + 1, "device import of 2 new and 1 changed"));
    EXPECT_EQ(*pipeline_->undo(), "device import of 2 new and 1 changed");
    EXPECT_EQ(live_files(), before);
    EXPECT_EQ(device(phone), "gxp  P47=old P64=kept");
    EXPECT_EQ(device("000b82000002"), "none");
}

TEST_F(ImporterTest, AnEmptyCellLeavesWhatIsThere) {
    add(phone, "gxp", {{"P47", "old"}});
    DeviceChange change;
    change.label = "Reception";
    ASSERT_TRUE(operations_->change_device(mac_of(phone), change));
    const auto outcome = taken("mac,class,label,P47,P64\n000b82123456,,,,auto\n");
    EXPECT_EQ(outcome.changed, 1U);
    EXPECT_EQ(device(phone), "gxp Reception P47=old P64=auto");
}

TEST_F(ImporterTest, ATableThatChangesNothingIsNoGeneration) {
    add(phone, "gxp", {{"P47", "a"}});
    published_.clear();
    const auto outcome = taken("mac,class,P47\n000b82123456,gxp,a\n");
    EXPECT_EQ(outcome.unchanged, 1U);
    EXPECT_EQ(outcome.added + outcome.changed, 0U);
    EXPECT_THAT(published_, IsEmpty());
}

TEST_F(ImporterTest, OnlyTheDevicesOfTheTableArePublished) {
    for (const char* mac : {phone, other_phone, "000b82000002"})
        add(mac);
    ASSERT_EQ(taken("mac,P47\n000b82123456,a\n").changed, 1U);
    EXPECT_FALSE(scopes_.back().everything);
    EXPECT_EQ(scopes_.back().devices, std::set{mac_of(phone)});
}

TEST_F(ImporterTest, AnotherClassIsAChangeAndItsTypesCount) {
    add(phone, "gxp");
    ASSERT_EQ(taken("mac,class,web-port\n000b82123456,ht,1080\n").changed, 1U);
    EXPECT_EQ(device(phone), "ht  P901=1080");
    published_.clear();
    EXPECT_THAT(bad("mac,class,web-port\n000b82123456,ht,80\n"),
                ElementsAre("2:3 P901 (web-port): want 1024 to 2048, got '80'"));
}

TEST_F(ImporterTest, ADeviceThatIsRecognisedNeedsNoClass) {
    states_->apply(mac_of(phone), {EventKind::offered, {{"VENDOR_CLASS", "HT"}}}, 1);
    ASSERT_EQ(taken("mac,P901\n000b82123456,1080\n").added, 1U);
    EXPECT_EQ(device(phone), "  P901=1080");
    EXPECT_EQ(pipeline_->class_of(*inventory_->device(mac_of(phone)))->name, "ht");
}

TEST_F(ImporterTest, NamesEveryBadCellByRowAndColumnAndTakesNothing) {
    add(phone);
    published_.clear();
    EXPECT_THAT(bad("mac,class,label,sip-server,web-port\n"
                    "000b82000001,gxp,good,a,80\n"
                    "\n"
                    "000b8212345,gxp,x,a,80\n"
                    "010b82000001,gxp,x,a,80\n"
                    "000b82000002,none,x,not a host,80\n"
                    "000b82000003,ht," +
                    std::string(201, 'x') +
                    ",a,80\n"
                    "000b82000004,,x,a,80\n"
                    "000b82123456,,,also not,0\n"
                    "000b82000005,gxp\n"),
                ElementsAre(AllOf(testing::StartsWith("4:1 "), HasSubstr("000b8212345")),
                            "5:1 010b82000001: no address of a single device",
                            "6:2 no class 'none'; 'plugtonectl class list' shows all",
                            testing::StartsWith("6:4 P47 (sip-server): want a host name"),
                            "7:3 label: want at most 200 bytes, got 201",
                            "7:5 P901 (web-port): want 1024 to 2048, got '80'",
                            "8:0 000b82000004: no class recognises it; name one in a column class",
                            testing::StartsWith("9:4 P47 (sip-server): want a host name"),
                            "9:5 P901 (web-port): want 1 to 65535, got '0'",
                            "10:0 want 5 cells as the header has, got 2"));
}

TEST_F(ImporterTest, ADeviceStandsOnce) {
    EXPECT_THAT(bad("class,mac\ngxp,000b82123456\ngxp,000b82000001\ngxp,00-0B-82-12-34-56\n"),
                ElementsAre("4:2 000b82123456 stands already in row 2"));
}

TEST_F(ImporterTest, RefusesAHeaderThatCannotBe) {
    EXPECT_THAT(bad("mac,P47,registrar\n000b82123456,a,b\n"),
                ElementsAre("1:3 the column registrar stands twice"));
    EXPECT_THAT(bad("mac,MAC\n000b82123456,000b82123456\n"),
                ElementsAre("1:2 the column MAC stands twice"));
    EXPECT_THAT(bad("class,P47\ngxp,a\n"),
                ElementsAre(testing::StartsWith("1:0 want a column MAC")));
    EXPECT_THAT(bad("mac,sip-servre,P1359\n000b82123456,a,b\n"),
                ElementsAre(testing::StartsWith("1:2 parameter: want P and a number"),
                            testing::StartsWith("1:3 P1359 is the XML password")));
}

TEST_F(ImporterTest, RefusesATableWithoutDevices) {
    const auto refused = import("mac,class\n");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("no devices"));
}

TEST_F(ImporterTest, NotesAColumnThatNoDictionaryHasOnce) {
    const auto outcome =
        taken("mac,class,P64\n000b82123456,gxp,a\n000b82000001,gxp,b\n000b82000002,gxp,\n");
    EXPECT_THAT(outcome.notes, ElementsAre("P64 is in no dictionary: it is sent as it stands"));
    EXPECT_EQ(device("000b82000002"), "gxp ");
}

TEST_F(ImporterTest, OnlySoManyBadCellsAreNamed) {
    std::string text = "mac,class\n";
    for (int row = 0; row < 1005; ++row)
        text += "x,gxp\n";
    const auto cells = bad(text);
    ASSERT_EQ(cells.size(), 1001U);
    EXPECT_EQ(cells.back(), "1002:0 and more: these are the first 1000");
}

TEST_F(ImporterTest, WhatCannotBePublishedIsNotTaken) {
    folder_.write("classes/ht.xml",
                  class_xml("ht", "vendor-class=\"HT\"", "<formats xml-version=\"2\"/>", "", "ht"));
    ASSERT_TRUE(pipeline_->reload());
    refuses([&] { return import("mac,class,P64\n000b82123456,ht,a\n"); }, ErrorKind::invalid,
            "000b82123456: P64: the dictionary has no alias path");
    EXPECT_THAT(inventory_->devices(), IsEmpty());
}

} // namespace
} // namespace plugtone
