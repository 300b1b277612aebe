// Tables for people: aligned columns that fit a terminal. Pure.
#pragma once

#include <string>
#include <vector>

namespace plugtone {

// What a cell says about the thing.
enum class Tone { plain, heading, good, doubtful, bad };

struct Cell {
    // NOLINTBEGIN(google-explicit-constructor): rows are written as lists of texts
    Cell(std::string shown) : text(std::move(shown)) {}
    Cell(const char* shown) : text(shown) {}
    // NOLINTEND(google-explicit-constructor): rows are written as lists of texts
    Cell(std::string shown, Tone how) : text(std::move(shown)), tone(how) {}

    std::string text;
    Tone tone = Tone::plain;
};
using Row = std::vector<Cell>;

struct TableStyle {
    std::size_t width = 0; // columns of the terminal; 0: as wide as it gets
    bool coloured = false;
};

// Its lines, the heading first. Each row has as many cells as the heading. Where the terminal is
// too narrow, the widest columns go on in further lines. Control characters come out as \xNN.
std::vector<std::string> table_lines(const std::vector<std::string>& heading,
                                     const std::vector<Row>& rows, const TableStyle& style);

// What a terminal shows for it; continuation bytes of UTF-8 take no room.
std::size_t shown_width(const std::string& text);
// In lines of at most that width, broken between words, or within one that is too long itself.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);
// In the tone's colour (ECMA-48, SGR), if it has one.
std::string coloured(const std::string& text, Tone tone);

} // namespace plugtone
