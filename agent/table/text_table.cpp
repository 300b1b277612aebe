#include "agent/table/text_table.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::size_t gap = 2;
// No column gets narrower than a MAC address.
constexpr std::size_t least_width = 12;

bool is_continuation(char character) {
    return (static_cast<unsigned char>(character) & 0xC0U) == 0x80U;
}

// The beginning of the text that takes that room.
std::string_view head_of(std::string_view text, std::size_t width) {
    std::size_t shown = 0;
    for (std::size_t at = 0; at < text.size(); ++at)
        if (!is_continuation(text[at]) && shown++ == width)
            return text.substr(0, at);
    return text;
}

std::size_t total_of(const std::vector<std::size_t>& widths) {
    std::size_t total = widths.empty() ? 0 : gap * (widths.size() - 1);
    for (const std::size_t width : widths)
        total += width;
    return total;
}

// Of the columns that are wider than their floors the widest gives way first.
void narrow(std::vector<std::size_t>& widths, const std::vector<std::size_t>& floors,
            std::size_t terminal) {
    for (std::size_t total = total_of(widths); total > terminal; --total) {
        std::size_t* widest = nullptr;
        for (std::size_t column = 0; column < widths.size(); ++column)
            if (widths[column] > floors[column] && (widest == nullptr || widths[column] > *widest))
                widest = &widths[column];
        if (widest == nullptr)
            return;
        --*widest;
    }
}

std::size_t longest_word(const std::string& text) {
    std::size_t longest = 0;
    for (const std::string_view word : words(text))
        longest = std::max(longest, shown_width(std::string(word)));
    return longest;
}

// Breaks between words as long as that suffices.
void fit(std::vector<std::size_t>& widths, const std::vector<Row>& rows, std::size_t terminal) {
    std::vector<std::size_t> floors(widths.size(), least_width);
    for (const Row& row : rows)
        for (std::size_t column = 0; column < row.size(); ++column)
            floors[column] = std::max(floors[column], longest_word(row[column].text));
    narrow(widths, floors, terminal);
    narrow(widths, std::vector<std::size_t>(widths.size(), least_width), terminal);
}

void add_lines(const Row& cells, const std::vector<std::size_t>& widths, bool is_coloured,
               std::vector<std::string>& lines) {
    std::vector<std::vector<std::string>> columns;
    std::size_t height = 1;
    for (std::size_t column = 0; column < cells.size(); ++column) {
        const std::string& text = cells[column].text;
        columns.push_back(shown_width(text) <= widths[column] ? std::vector{text}
                                                              : wrapped(text, widths[column]));
        height = std::max(height, columns.back().size());
    }
    for (std::size_t row = 0; row < height; ++row) {
        std::string line;
        std::size_t owed = 0; // blanks, if something follows
        for (std::size_t column = 0; column < columns.size(); ++column) {
            const std::string text = row < columns[column].size() ? columns[column][row] : "";
            if (!text.empty()) {
                line.append(owed, ' ');
                owed = 0;
                line += is_coloured ? coloured(text, cells[column].tone) : text;
            }
            owed += widths[column] - std::min(widths[column], shown_width(text)) + gap;
        }
        lines.push_back(std::move(line));
    }
}

} // namespace

std::size_t shown_width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char character) { return !is_continuation(character); }));
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
    std::vector<std::string> lines;
    std::string line;
    for (std::string_view word : words(text)) {
        if (!line.empty() && shown_width(line) + 1 + shown_width(std::string(word)) > width)
            lines.push_back(std::exchange(line, {}));
        if (!line.empty())
            line += ' ';
        while (shown_width(std::string(word)) > width && width > 0) {
            const std::string_view head = head_of(word, width);
            lines.emplace_back(head);
            word.remove_prefix(head.size());
        }
        line += word;
    }
    lines.push_back(line);
    return lines;
}

std::string coloured(const std::string& text, Tone tone) {
    const auto in = [&](const char* code) {
        return "\x1b[" + std::string(code) + "m" + text + "\x1b[0m";
    };
    switch (tone) {
    case Tone::plain:
        return text;
    case Tone::heading:
        return in("1");
    case Tone::good:
        return in("32");
    case Tone::doubtful:
        return in("33");
    case Tone::bad:
        return in("31");
    }
    return text;
}

std::vector<std::string> table_lines(const std::vector<std::string>& heading,
                                     const std::vector<Row>& rows, const TableStyle& style) {
    std::vector<Row> all;
    all.reserve(rows.size() + 1);
    Row& first = all.emplace_back();
    for (const std::string& title : heading)
        first.emplace_back(title, Tone::heading);
    all.insert(all.end(), rows.begin(), rows.end());
    std::vector<std::size_t> widths(heading.size());
    for (Row& row : all)
        for (std::size_t column = 0; column < row.size(); ++column) {
            if (!is_printable(row[column].text))
                row[column].text = printable(row[column].text);
            widths[column] = std::max(widths[column], shown_width(row[column].text));
        }
    if (style.width != 0)
        fit(widths, all, style.width);
    std::vector<std::string> lines;
    for (const Row& row : all)
        add_lines(row, widths, style.coloured, lines);
    return lines;
}

} // namespace plugtone
