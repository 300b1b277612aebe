// links: csv_table
// Tables: every refusal names the file; rows are numbered upwards, and no cell comes from nowhere.
#include "agent/csv/csv_table.hpp"

#include "core/base/text.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

namespace {

// As a spreadsheet writes it, every cell in quotes.
std::string written(const CsvTable& table) {
    std::string text;
    const auto put = [&](const std::vector<std::string>& cells) {
        for (std::size_t at = 0; at < cells.size(); ++at) {
            text += at == 0 ? "\"" : ",\"";
            for (const char c : cells[at])
                text += c == '"' ? std::string("\"\"") : std::string(1, c);
            text += '"';
        }
        text += "\r\n";
    };
    put(table.columns);
    for (const CsvTable::Row& row : table.rows)
        put(row.cells);
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto table = parse_csv("f.csv", {data, size});
    if (!table) {
        require(table.error().message.starts_with("f.csv"), "a refusal names the file");
        return 0;
    }
    require(!table->columns.empty(), "there is a first row");
    std::size_t last = 1;
    std::size_t bytes = 0;
    for (const CsvTable::Row& row : table->rows) {
        require(row.number > last, "rows are numbered upwards");
        require(!row.cells.empty(), "a row has cells");
        last = row.number;
        for (const std::string& cell : row.cells)
            bytes += cell.size();
    }
    require(bytes <= size, "no cell comes from nowhere");
    // The first line decides the delimiter: one with more semicolons or tabs in it is another
    // table.
    for (const std::string& column : table->columns)
        if (column.find_first_of(";\t\r\n") != std::string::npos)
            return 0;
    const auto again = parse_csv("f.csv", as_bytes(written(*table)));
    require(again && again->columns == table->columns && again->rows.size() == table->rows.size(),
            "what was read, written again, reads the same");
    for (std::size_t at = 0; again && at < again->rows.size(); ++at)
        require(again->rows[at].cells == table->rows[at].cells, "cell by cell");
    return 0;
}
