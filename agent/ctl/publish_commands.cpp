#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"

namespace plugtone::ctl {

namespace {

struct PublishLine {
    bool resyncs = false;
    bool dry_run = false;
    bool force = false;
};
using Line = std::shared_ptr<PublishLine>;

// One row of Manager.Preview.
struct Shown {
    std::string mac, kind, name, title;
    std::optional<std::string> before, after;
    bool secret = false;
};

// Devices named of those with the same differences; all of them are in --json.
constexpr std::size_t devices_named_max = 5;

std::string value_text(const std::optional<std::string>& value, const Shown& of) {
    if (!value)
        return "(none)";
    if (of.secret)
        return hidden;
    return value->empty() ? "''" : *value;
}

nlohmann::json to_json(const Shown& one) {
    const auto value = [&](const std::optional<std::string>& text) -> nlohmann::json {
        if (!text)
            return nullptr;
        return one.secret ? std::string(hidden) : *text;
    };
    return {{"mac", one.mac},           {"kind", one.kind},     {"name", one.name},
            {"title", one.title},       {"secret", one.secret}, {"before", value(one.before)},
            {"after", value(one.after)}};
}

std::vector<std::string> cells_of(const Shown& one) {
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

std::vector<Row> rows_of(const std::vector<std::vector<std::string>>& cells) {
    std::vector<Row> rows;
    rows.reserve(cells.size());
    for (const auto& row : cells)
        rows.emplace_back(row.begin(), row.end());
    return rows;
}

// Devices with the same differences stand together.
void print_differences(const std::vector<Shown>& rows) {
    using Cells = std::vector<std::vector<std::string>>;
    std::vector<std::pair<std::string, Cells>> devices;
    for (const Shown& row : rows) {
        if (devices.empty() || devices.back().first != row.mac)
            devices.emplace_back(row.mac, Cells());
        Shown neutral = row;
        neutral.name = without_mac(row.name, row.mac);
        devices.back().second.push_back(cells_of(neutral));
    }
    std::map<Cells, std::size_t> place_of;
    std::vector<std::pair<std::vector<std::string>, Cells>> groups;
    for (auto& [mac, cells] : devices) {
        const auto [place, fresh] = place_of.try_emplace(cells, groups.size());
        if (fresh)
            groups.emplace_back(std::vector<std::string>(), cells);
        groups[place->second].first.push_back(mac);
    }
    for (const auto& [macs, cells] : groups) {
        std::printf("%s\n", devices_text(macs).c_str());
        print_table({"  WHAT", "NOW", "THEN"}, rows_of(cells));
        std::puts("");
    }
}

// change: "publish" or "undo". Fails if it would be refused.
Done dry_run(const Command& command, Client& client, const std::string& change) {
    const auto [what, differences, findings] = client.manager().Preview(change);
    const auto text_of = [](const std::vector<std::string>& texts) {
        return texts.empty() ? std::nullopt : std::optional(texts.front());
    };
    std::vector<Shown> rows;
    rows.reserve(differences.size());
    for (const auto& row : differences)
        rows.push_back({std::get<0>(row), std::get<1>(row), std::get<2>(row), std::get<3>(row),
                        text_of(std::get<4>(row)), text_of(std::get<5>(row)), std::get<6>(row)});
    std::vector<Row> errors;
    nlohmann::json errors_json = nlohmann::json::array();
    for (const auto& finding : findings) {
        const auto& [severity, class_name, mac, parameter, text] = static_cast<
            const std::tuple<std::string, std::string, std::string, std::string, std::string>&>(
            finding);
        errors.push_back({state_cell(severity), class_name, mac, parameter, text});
        errors_json.push_back({{"severity", severity},
                               {"class", class_name},
                               {"mac", mac},
                               {"parameter", parameter},
                               {"text", text}});
    }
    if (command.json) {
        nlohmann::json json = {
            {"change", what}, {"differences", nlohmann::json::array()}, {"errors", errors_json}};
        for (const Shown& row : rows)
            json["differences"].push_back(to_json(row));
        print_json(json);
    } else {
        std::printf("%s: %s\n\n", what.c_str(),
                    rows.empty() ? "no phone would be given anything else"
                                 : "what would change; nothing has");
        print_differences(rows);
        if (!errors.empty())
            print_table({"SEVERITY", "CLASS", "DEVICE", "PARAMETER", "WHAT"}, errors);
    }
    if (errors.empty())
        return {};
    return fail(ErrorKind::refused,
                "this would be refused for " + std::to_string(errors.size()) +
                    (errors.size() == 1 ? " new error" : " new errors") +
                    ": mend what is listed, or '--force' publishes it all the same");
}

Done publish(const Command& command, Client& client, const PublishLine& line) {
    if (line.dry_run)
        return dry_run(command, client, "publish");
    const auto [generation, changed] = client.manager().Publish(line.force);
    say(command,
        changed ? "generation " + std::to_string(generation) + " is live"
                : "nothing has changed; generation " + std::to_string(generation) + " stays live",
        {{"generation", generation}, {"changed", changed}});
    return line.resyncs ? resync(command, client, {}, "outdated", true) : Done{};
}

Done undo(const Command& command, Client& client, const PublishLine& line) {
    if (line.dry_run)
        return dry_run(command, client, "undo");
    const auto [generation, change] = client.manager().Undo();
    say(command,
        "taken back: " + change + "; generation " + std::to_string(generation) + " is live",
        {{"generation", generation}, {"taken_back", change}});
    return {};
}

} // namespace

void declare_publish_commands(CLI::App& app, Command& command) {
    const auto line = std::make_shared<PublishLine>();
    CLI::App* publishing =
        app.add_subcommand("publish", "reads the class files anew and publishes what that changes");
    CLI::Option* looks = publishing->add_flag("--dry-run", line->dry_run,
                                              "only shows what would change for which phone");
    publishing->add_flag("--force", line->force, "whatever lint finds in it")->excludes(looks);
    publishing
        ->add_flag("--resync", line->resyncs,
                   "then tells every phone whose file is outdated, as 'resync' does")
        ->excludes(looks);
    publishing->callback([&command, line] {
        command.run = [&command, line](Client& client) { return publish(command, client, *line); };
    });
    CLI::App* undoing = app.add_subcommand("undo", "takes the newest change back");
    undoing->add_flag("--dry-run", line->dry_run, "only shows what would change for which phone");
    undoing->callback([&command, line] {
        command.run = [&command, line](Client& client) { return undo(command, client, *line); };
    });
}

} // namespace plugtone::ctl
