#include "agent/ctl/output.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/text.hpp"

namespace plugtone::ctl {

namespace {

constexpr std::size_t kind_width = 17;

// What a terminal shows for it; continuation bytes of UTF-8 take no room.
std::size_t shown_width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char character) {
        return (static_cast<unsigned char>(character) & 0xC0U) != 0x80U;
    }));
}

void print_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t column = 0; column < cells.size(); ++column) {
        line += cells[column];
        if (column + 1 < cells.size())
            line.append(widths[column] - shown_width(cells[column]) + 2, ' ');
    }
    line.resize(line.find_last_not_of(' ') + 1);
    std::printf("%s\n", line.c_str());
}

// Columns of the terminal; nothing where the output goes elsewhere.
std::size_t terminal_width() {
    winsize size{};
    return ::isatty(STDOUT_FILENO) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0
               ? size.ws_col
               : 0;
}

// The text, with its further lines under its first where the terminal is too narrow for one.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
    std::string lines;
    std::size_t used = indent;
    for (const std::string_view word : words(text)) {
        const std::size_t needed = shown_width(std::string(word));
        if (used > indent && used + 1 + needed > width) {
            lines += "\n" + std::string(indent, ' ');
            used = indent;
        }
        if (used > indent)
            lines += ' ';
        lines += word;
        used += needed + (used > indent ? 1 : 0);
    }
    return lines;
}

} // namespace

void print_table(const std::vector<std::string>& heading,
                 const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths(heading.size());
    const auto widen = [&](const std::vector<std::string>& cells) {
        for (std::size_t column = 0; column < cells.size(); ++column)
            widths[column] = std::max(widths[column], shown_width(cells[column]));
    };
    widen(heading);
    std::for_each(rows.begin(), rows.end(), widen);
    print_row(heading, widths);
    std::size_t indent = 0;
    for (std::size_t column = 0; column + 1 < widths.size(); ++column)
        indent += widths[column] + 2;
    const std::size_t width = terminal_width();
    // So little that a column of single words would be worse.
    constexpr std::size_t least = 20;
    const bool narrow = width > indent + least && indent + widths.back() > width;
    for (auto row : rows) {
        if (narrow && indent + shown_width(row.back()) > width)
            row.back() = wrapped(row.back(), indent, width);
        print_row(row, widths);
    }
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts)
        all += (all.empty() ? "" : " ") + text;
    return all;
}

void print_json(const nlohmann::json& json) {
    // Foreign text may be no UTF-8; better a replacement character than no answer.
    std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::size_t width = 0;
    for (const auto& [key, value] : pairs)
        width = std::max(width, shown_width(key));
    const std::size_t columns = terminal_width();
    for (const auto& [key, value] : pairs) {
        const bool fits = columns == 0 || width + 2 + shown_width(value) <= columns;
        std::printf("%s%s  %s\n", key.c_str(), std::string(width - shown_width(key), ' ').c_str(),
                    (fits ? value : wrapped(value, width + 2, columns)).c_str());
    }
}

std::string time_text(std::int64_t seconds) {
    if (seconds == 0)
        return "never";
    const std::time_t when = seconds;
    std::tm parts{};
    std::array<char, 32> text{};
    if (::localtime_r(&when, &parts) == nullptr)
        return std::to_string(seconds);
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    return text.data();
}

std::string event_line(std::int64_t time, const std::string& kind, const BusFields& fields) {
    std::string line = time_text(time) + "  " + kind;
    line.append(kind.size() < kind_width ? kind_width - kind.size() : 1, ' ');
    for (const auto& field : fields)
        if (const auto& value = std::get<1>(field); !value.empty())
            line += " " + lower(std::get<0>(field)) + "=" +
                    (value.find(' ') == std::string::npos ? value : "\"" + value + "\"");
    return line;
}

std::string event_text(const std::string& kind, const BusFields& fields) {
    const auto value = [&](const char* key) -> std::string {
        for (const auto& field : fields)
            if (std::get<0>(field) == key)
                return std::get<1>(field);
        return {};
    };
    const auto with = [&](const char* before, const char* key, const char* after = "") {
        return value(key).empty() ? std::string() : before + value(key) + after;
    };
    if (kind == "offered")
        return value("MESSAGE") + " " + value("CLASS") + with(" ", "URL") +
               with(", options ", "OPTIONS") + with("; left out: ", "LEFT_OUT") +
               with("; option 60 ", "VENDOR_CLASS");
    if (kind == "leased")
        return value("IP");
    if (kind == "released")
        return value("IP") + with(": ", "REASON");
    if (kind.starts_with("transfer-"))
        return value("NAME") + with(", ", "PROTOCOL") + with(" to ", "PEER") +
               (value("MAC").empty() || value("MAC") == value("OWNER") ? ""
                                                                       : with(", of ", "MAC")) +
               with(", ", "BYTES", " bytes") + with(": ", "REASON") + with("; ", "USER_AGENT") +
               with("; firmware ", "DEVICE_FIRMWARE");
    std::vector<std::string> all;
    for (const auto& field : fields)
        all.push_back(lower(std::get<0>(field)) + "=" + std::get<1>(field));
    return joined(all);
}

nlohmann::json event_json(std::int64_t time, const std::string& kind, const BusFields& fields) {
    nlohmann::json json = {{"time", time}, {"kind", kind}};
    for (const auto& field : fields) {
        nlohmann::json& slot = json["fields"][lower(std::get<0>(field))];
        // A key that stands twice (LEFT_OUT) becomes a list.
        if (slot.is_null())
            slot = std::get<1>(field);
        else if (slot.is_array())
            slot.push_back(std::get<1>(field));
        else
            slot = nlohmann::json::array({slot, std::get<1>(field)});
    }
    return json;
}

} // namespace plugtone::ctl
