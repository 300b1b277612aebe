#include "agent/csv/csv_table.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

CsvTable read(const std::string& text) {
    const auto table = parse_csv("f.csv", as_bytes(text));
    EXPECT_TRUE(table) << table.error().message;
    return table.value_or(CsvTable{});
}

std::string refusal(const std::string& text) {
    const auto table = parse_csv("f.csv", as_bytes(text));
    return table ? "taken" : table.error().message;
}

TEST(CsvTable, ReadsCellsAsTheyStand) {
    const CsvTable table = read("MAC,label,P47\n000b82123456,\"Desk, \"\"front\"\"\",sip\n,,\n");
    EXPECT_THAT(table.columns, ElementsAre("MAC", "label", "P47"));
    ASSERT_THAT(table.rows, SizeIs(2));
    EXPECT_THAT(table.rows[0].cells, ElementsAre("000b82123456", "Desk, \"front\"", "sip"));
    EXPECT_THAT(table.rows[1].cells, ElementsAre("", "", ""));
}

TEST(CsvTable, NumbersRowsAsASpreadsheetDoes) {
    for (const char* end : {"\n", "\r\n", "\r"}) {
        std::string text;
        for (const char* line : {"MAC", "one", "", "\"two", "lines\"", "four"}) {
            text += line;
            text += end;
        }
        const CsvTable table = read(text);
        ASSERT_THAT(table.rows, SizeIs(3)) << text;
        EXPECT_EQ(table.rows[0].number, 2U);
        EXPECT_EQ(table.rows[1].number, 4U) << "the blank one is counted";
        EXPECT_EQ(table.rows[2].number, 5U) << "a cell of two lines is in one row";
    }
}

TEST(CsvTable, TakesTheDelimiterThatTheFirstRowHas) {
    EXPECT_THAT(read("a;b,c;d\n1;2;3").columns, ElementsAre("a", "b,c", "d"));
    EXPECT_THAT(read("a\tb\n1\t2").rows.front().cells, ElementsAre("1", "2"));
    EXPECT_THAT(read("a,b\n1;x,2").rows.front().cells, ElementsAre("1;x", "2"));
    EXPECT_THAT(read("\xEF\xBB\xBFMAC\n1").columns, ElementsAre("MAC"));
}

TEST(CsvTable, BlanksAreACellsOwnInQuotesOnly) {
    EXPECT_THAT(read("a,b\n x , \" y \" ").rows.front().cells, ElementsAre("x", " y "));
}

TEST(CsvTable, RefusesTheWholeFileAndSaysWhere) {
    EXPECT_THAT(refusal("a,b\n1,\"2\n"), HasSubstr("f.csv: row 2"));
    EXPECT_THAT(refusal("a,b\n1,2\n3,x\"y\"\n"), HasSubstr("f.csv: row 3"));
    EXPECT_THAT(refusal("a,b\n1,\xe9\n"), HasSubstr("f.csv:2: want UTF-8"));
    EXPECT_THAT(refusal(std::string("a,b\n1,\0\n", 8)), HasSubstr("f.csv:2"));
    EXPECT_THAT(refusal(""), HasSubstr("is empty"));
    EXPECT_THAT(refusal("\n\n"), HasSubstr("is empty"));
}

} // namespace
} // namespace plugtone
