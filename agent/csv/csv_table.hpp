// A table as spreadsheets export it: comma-separated values (RFC 4180), with ';' or a tab instead
// where the first row has these. libcsv reads it.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace plugtone {

struct CsvTable {
    std::vector<std::string> columns; // the first row
    struct Row {
        std::size_t number = 0; // in the file; the first row is 1
        std::vector<std::string> cells;
    };
    std::vector<Row> rows;
};

// Largest file, bytes, and most rows.
inline constexpr std::size_t csv_size_max = std::size_t{64} << 20U;
inline constexpr std::size_t csv_rows_max = 1'000'000;

// Refused whole, with FILE and row: quotes that do not match, text that is no UTF-8. Blank rows are
// passed over; blanks around a cell without quotes are not part of it. A byte order mark in front
// is passed over, too.
Result<CsvTable> parse_csv(const std::string& name, ByteView bytes);

} // namespace plugtone
