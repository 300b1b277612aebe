#include "agent/ctl/output.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>

#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/text.hpp"

namespace plugtone::ctl {

namespace {

constexpr std::size_t kind_width = 17;

// Columns of the terminal; nothing where the output goes elsewhere.
std::size_t terminal_width() {
    winsize size{};
    return ::isatty(STDOUT_FILENO) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0
               ? size.ws_col
               : 0;
}

// https://no-color.org: any value that is not empty.
bool wants_colour(std::FILE* stream) {
    const char* refused = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    return ::isatty(::fileno(stream)) != 0 && (refused == nullptr || *refused == '\0') &&
           (terminal == nullptr || std::string_view(terminal) != "dumb");
}

} // namespace

std::string toned(const std::string& text, Tone tone, std::FILE* stream) {
    return wants_colour(stream) ? coloured(text, tone) : text;
}

void print_table(const std::vector<std::string>& heading, const std::vector<Row>& rows) {
    for (const std::string& line :
         table_lines(heading, rows, {terminal_width(), wants_colour(stdout)}))
        std::printf("%s\n", line.c_str());
}

Cell state_cell(const std::string& state) {
    static const std::set<std::string_view> good = {"up-to-date", "done",    "healthy", "finished",
                                                    "updated",    "fetched", "good",    "ok"};
    static const std::set<std::string_view> doubtful = {"outdated", "warning", "paused",
                                                        "silent",   "skipped", "locked"};
    static const std::set<std::string_view> bad = {"error", "failed", "halted", "refused", "bad"};
    if (good.contains(state))
        return {state, Tone::good};
    if (doubtful.contains(state))
        return {state, Tone::doubtful};
    return {state, bad.contains(state) || state.starts_with("stuck") ? Tone::bad : Tone::plain};
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

void print_pairs(const std::vector<std::pair<std::string, Cell>>& pairs) {
    std::size_t width = 0;
    for (const auto& [key, value] : pairs)
        width = std::max(width, shown_width(key));
    const std::size_t indent = width + 2;
    // So little that a column of single words would be worse.
    constexpr std::size_t least = 20;
    const std::size_t columns = terminal_width();
    for (const auto& [key, value] : pairs) {
        const bool fits = columns < indent + least || shown_width(value.text) <= columns - indent;
        const auto lines = fits ? std::vector{value.text} : wrapped(value.text, columns - indent);
        std::string before = key + std::string(indent - shown_width(key), ' ');
        for (const std::string& line : lines) {
            std::printf("%s%s\n", before.c_str(), toned(line, value.tone).c_str());
            before = std::string(indent, ' ');
        }
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
