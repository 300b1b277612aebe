#include "agent/csv/csv_table.hpp"

#include <algorithm>
#include <memory>

#include <csv.h>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

struct FreeParser {
    void operator()(csv_parser* parser) const noexcept { csv_free(parser); }
};

// What libcsv calls back with, made into rows.
struct Reader {
    CsvTable table;
    std::vector<std::string> cells;
    std::size_t row = 1;
    int last_end = 0;
    bool too_many = false;

    void take_cell(const void* text, std::size_t size) {
        cells.emplace_back(static_cast<const char*>(text), size);
        last_end = 0;
    }

    void end_row(int end) {
        // Every line end is told of: the second of CR LF ends no row.
        if (end == '\n' && last_end == '\r' && cells.empty()) {
            last_end = 0;
            return;
        }
        last_end = end;
        if (!cells.empty()) {
            if (table.columns.empty())
                table.columns = std::move(cells);
            else if (table.rows.size() < csv_rows_max)
                table.rows.push_back({row, std::move(cells)});
            else
                too_many = true;
        }
        cells.clear();
        ++row;
    }
};

// Called from C: nothing may leave but by return. Out of memory is remembered by the row's count
// being wrong, so it ends the program instead.
void on_cell(void* text, std::size_t size, void* reader) noexcept {
    static_cast<Reader*>(reader)->take_cell(text == nullptr ? "" : text, size);
}

void on_row(int end, void* reader) noexcept {
    static_cast<Reader*>(reader)->end_row(end);
}

// The one of the three that the first row has most of.
unsigned char delimiter_of(std::string_view text) {
    const std::string_view first = text.substr(0, text.find_first_of("\r\n"));
    const auto count = [&](char c) { return std::count(first.begin(), first.end(), c); };
    char best = ',';
    for (const char candidate : {';', '\t'})
        if (count(candidate) > count(best))
            best = candidate;
    return static_cast<unsigned char>(best);
}

} // namespace

Result<CsvTable> parse_csv(const std::string& name, ByteView bytes) {
    if (bytes.size() > csv_size_max)
        return fail(name + ": want at most " + std::to_string(csv_size_max) + " bytes, got " +
                    std::to_string(bytes.size()));
    std::string_view text = as_text(bytes);
    if (text.starts_with(utf8_mark))
        text.remove_prefix(utf8_mark.size());
    if (const auto bad = first_illegal_xml_byte(text)) {
        const auto end = text.begin() + static_cast<std::ptrdiff_t>(*bad);
        return fail(name + ":" + std::to_string(1 + std::count(text.begin(), end, '\n')) +
                    ": want UTF-8 without control characters; export the table again as UTF-8");
    }
    csv_parser parser{};
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0)
        return fail(ErrorKind::io, name + ": libcsv does not begin");
    const std::unique_ptr<csv_parser, FreeParser> guard(&parser);
    csv_set_delim(&parser, delimiter_of(text));
    Reader reader;
    const std::size_t read = csv_parse(&parser, text.data(), text.size(), on_cell, on_row, &reader);
    if (read != text.size() || csv_fini(&parser, on_cell, on_row, &reader) != 0)
        return fail(name + ": row " + std::to_string(reader.row) + ": " +
                    csv_strerror(csv_error(&parser)) +
                    ": want a cell with quotes to be \"in quotes\", and \"\" for a quote in it");
    if (reader.too_many)
        return fail(name + ": want at most " + std::to_string(csv_rows_max) + " rows");
    if (reader.table.columns.empty())
        return fail(name + ": is empty; want a first row with the columns' names");
    return std::move(reader.table);
}

} // namespace plugtone
