#include "agent/ctl/difference_output.hpp"

#include <algorithm>
#include <map>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"

namespace plugtone::ctl {

namespace {

// Named of those with the same differences, and of their values; all of them are in --json.
constexpr std::size_t devices_named_max = 5;
constexpr std::size_t values_named_max = 3;
// Beyond that, groups that differ in the same things become one.
constexpr std::size_t groups_alike_max = 3;

std::string value_text(const std::optional<std::string>& value, const DifferenceLine& of) {
    if (!value)
        return "(none)";
    if (of.secret)
        return hidden;
    return value->empty() ? "''" : *value;
}

std::vector<std::string> cells_of(const DifferenceLine& one) {
    std::string what = one.kind == "setting" ? one.name : one.kind;
    if (one.kind == "file")
        what += " " + one.name;
    if (!one.title.empty())
        what += " (" + one.title + ")";
    return {"  " + what, value_text(one.before, one), value_text(one.after, one)};
}

// A file of the device's has its MAC in its name: that makes no two differences different.
std::string without_mac(std::string text, const std::string& mac) {
    constexpr std::string_view stands_for_it = "MAC";
    for (auto at = text.find(mac); !mac.empty() && at != std::string::npos;
         at = text.find(mac, at + stands_for_it.size()))
        text.replace(at, mac.size(), stands_for_it);
    return text;
}

std::string devices_text(const std::vector<std::string>& macs) {
    if (macs.front().empty())
        return "for everybody";
    std::string text = macs.size() == 1 ? "device" : std::to_string(macs.size()) + " devices:";
    for (std::size_t at = 0; at < macs.size() && at < devices_named_max; ++at)
        text += " " + macs[at];
    if (macs.size() > devices_named_max)
        text += " and " + std::to_string(macs.size() - devices_named_max) + " more";
    return text;
}

using Cells = std::vector<std::vector<std::string>>; // what, now, then
struct Group {
    std::vector<std::string> macs;
    Cells cells;
};

// Devices with the same differences, in the order of the first of each.
std::vector<Group> groups_of(const std::vector<DifferenceLine>& rows) {
    std::vector<Group> devices;
    for (const DifferenceLine& row : rows) {
        if (devices.empty() || devices.back().macs.front() != row.mac)
            devices.push_back({{row.mac}, {}});
        DifferenceLine neutral = row;
        neutral.name = without_mac(row.name, row.mac);
        devices.back().cells.push_back(cells_of(neutral));
    }
    std::map<Cells, std::size_t> place_of;
    std::vector<Group> groups;
    for (Group& device : devices) {
        const auto [place, fresh] = place_of.try_emplace(device.cells, groups.size());
        if (fresh)
            groups.push_back(std::move(device));
        else
            groups[place->second].macs.push_back(device.macs.front());
    }
    return groups;
}

// "720, 360, 90 and 5 more"
std::string values_text(const std::vector<std::string>& values) {
    std::vector<std::string> different;
    for (const std::string& value : values)
        if (std::find(different.begin(), different.end(), value) == different.end())
            different.push_back(value);
    std::string text = different.front();
    for (std::size_t at = 1; at < different.size() && at < values_named_max; ++at)
        text += ", " + different[at];
    if (different.size() > values_named_max)
        text += " and " + std::to_string(different.size() - values_named_max) + " more";
    return text;
}

// One group of many that differ in the same things, each with values of its own: such are those
// that are computed for each device.
Group merged(const std::vector<const Group*>& groups) {
    Group all{{}, groups.front()->cells};
    for (const Group* group : groups)
        all.macs.insert(all.macs.end(), group->macs.begin(), group->macs.end());
    for (std::size_t row = 0; row < all.cells.size(); ++row)
        for (const std::size_t column : {std::size_t{1}, std::size_t{2}}) {
            std::vector<std::string> values;
            values.reserve(groups.size());
            for (const Group* group : groups)
                values.push_back(group->cells[row][column]);
            all.cells[row][column] = values_text(values);
        }
    return all;
}

std::vector<Group> without_repetition(const std::vector<Group>& groups) {
    std::map<std::vector<std::string>, std::vector<const Group*>> by_shape;
    std::vector<const std::vector<const Group*>*> in_order;
    for (const Group& group : groups) {
        std::vector<std::string> shape;
        for (const auto& cells : group.cells)
            shape.push_back(cells.front());
        std::vector<const Group*>& alike = by_shape[shape];
        if (alike.empty())
            in_order.push_back(&alike);
        alike.push_back(&group);
    }
    std::vector<Group> all;
    for (const auto* alike : in_order)
        if (alike->size() > groups_alike_max)
            all.push_back(merged(*alike));
        else
            for (const Group* group : *alike)
                all.push_back(*group);
    return all;
}

} // namespace

nlohmann::json difference_json(const DifferenceLine& one) {
    const auto value = [&](const std::optional<std::string>& text) -> nlohmann::json {
        if (!text)
            return nullptr;
        return one.secret ? std::string(hidden) : *text;
    };
    return {{"mac", one.mac},           {"kind", one.kind},     {"name", one.name},
            {"title", one.title},       {"secret", one.secret}, {"before", value(one.before)},
            {"after", value(one.after)}};
}

void print_differences(const std::vector<DifferenceLine>& rows) {
    for (const Group& group : without_repetition(groups_of(rows))) {
        std::printf("%s\n", devices_text(group.macs).c_str());
        std::vector<Row> cells;
        cells.reserve(group.cells.size());
        for (const auto& row : group.cells)
            cells.emplace_back(row.begin(), row.end());
        print_table({"  WHAT", "NOW", "THEN"}, cells);
        std::puts("");
    }
}

nlohmann::json finding_json(const FindingLine& finding) {
    const auto& [severity, class_name, mac, parameter, text] = finding;
    return {{"severity", severity},
            {"class", class_name},
            {"mac", mac},
            {"parameter", parameter},
            {"text", text}};
}

void print_alike(const std::vector<FindingLine>& findings) {
    std::map<std::string, std::size_t> place_of;
    std::vector<std::pair<std::string, std::vector<std::string>>> lines;
    for (const auto& [severity, class_name, mac, parameter, text] : findings) {
        const Cell tone = state_cell(severity);
        std::string line = toned(tone.text, tone.tone) + ": ";
        line += class_name.empty() ? "" : "class " + class_name + ": ";
        line += parameter.empty() ? "" : parameter + " ";
        line += text;
        const auto [place, fresh] = place_of.try_emplace(line, lines.size());
        if (fresh)
            lines.emplace_back(line, std::vector<std::string>());
        if (!mac.empty())
            lines[place->second].second.push_back(mac);
    }
    for (const auto& [line, macs] : lines)
        std::printf("%s%s\n", line.c_str(),
                    macs.empty() ? "" : (" (" + devices_text(macs) + ")").c_str());
}

} // namespace plugtone::ctl
