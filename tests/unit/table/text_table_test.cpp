#include "agent/table/text_table.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> heading = {"MAC", "STATE", "WHY"};

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCellWithNoBlanksAtTheEnd) {
    EXPECT_THAT(table_lines(heading, {{"000b82123456", "leased", ""}, {"1", "stuck", "asked"}}, {}),
                ElementsAre("MAC           STATE   WHY", "000b82123456  leased",
                            "1             stuck   asked"));
}

TEST(TextTable, OnlyTheHeadingWhereThereAreNoRows) {
    EXPECT_THAT(table_lines(heading, {}, {}), ElementsAre("MAC  STATE  WHY"));
}

TEST(TextTable, NoLineIsWiderThanTheTerminalAndNoTextIsLost) {
    const std::string why = "it has asked for cfg000b82123456.xml and was refused eleven times";
    const auto lines = table_lines(heading, {{"000b82123456", "stuck at asked", why}}, {50, false});
    std::string all;
    for (const std::string& line : lines) {
        EXPECT_LE(shown_width(line), 50U) << line;
        all += line;
    }
    for (const char* word : {"000b82123456", "stuck", "asked", "cfg000b82123456.xml", "eleven"})
        EXPECT_THAT(all, HasSubstr(word));
    EXPECT_GT(lines.size(), 2U);
}

TEST(TextTable, AWordThatIsLongerThanItsColumnIsBroken) {
    EXPECT_THAT(wrapped("ab 0123456789", 4), ElementsAre("ab", "0123", "4567", "89"));
    EXPECT_THAT(wrapped("äöüäöü", 4), ElementsAre("äöüä", "öü"));
}

TEST(TextTable, NoWordIsBrokenWhereAnotherColumnCanGiveWay) {
    EXPECT_THAT(table_lines({"NAME", "WHY"}, {{"account1.sip-server", "a b c d e f g h i j k l m"}},
                            {34, false}),
                ElementsAre("NAME                 WHY", "account1.sip-server  a b c d e f g",
                            "                     h i j k l m"));
}

TEST(TextTable, LettersBeyondAsciiTakeOneColumn) {
    EXPECT_THAT(table_lines({"A", "B"}, {{"Küche", "x"}, {"Lager", "y"}}, {}),
                ElementsAre("A      B", "Küche  x", "Lager  y"));
}

TEST(TextTable, ColoursTakeNoRoomAndAreThereOnlyWhereTheyAreWanted) {
    const std::vector<Row> rows = {{{"bad", Tone::bad}, "x"}, {"plain", "y"}};
    EXPECT_THAT(
        table_lines({"A", "B"}, rows, {0, true}),
        ElementsAre("\x1b[1mA\x1b[0m      \x1b[1mB\x1b[0m", "\x1b[31mbad\x1b[0m    x", "plain  y"));
    EXPECT_THAT(table_lines({"A", "B"}, rows, {}), Each(Not(HasSubstr("\x1b"))));
}

TEST(TextTable, ForeignTextCannotWriteToTheTerminal) {
    EXPECT_THAT(table_lines({"A"}, {{"x\x1b[2Jy"}}, {}), ElementsAre("A", "x\\x1b[2Jy"));
}

} // namespace
} // namespace plugtone
