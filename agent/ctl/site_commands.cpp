#include <algorithm>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone::ctl {

namespace {

struct SiteLine {
    AssignmentOptions assignments;
    std::vector<std::string> names;
    bool is_public = false;
    bool reveal = false;
};

Done show(const Command& command, Client& client, bool reveal) {
    nlohmann::json json = nlohmann::json::object();
    std::vector<std::pair<ParameterName, std::vector<std::string>>> rows;
    for (const auto& [name, parameter] : client.manager().Site()) {
        const auto parsed = ParameterName::parse(name);
        if (!parsed)
            continue;
        const std::string value = !reveal && is_secret(*parsed) ? "••••" : std::get<0>(parameter);
        const bool is_public = std::get<1>(parameter);
        json[name] = {{"value", value}, {"public", is_public}};
        rows.push_back({*parsed, {name, is_public ? "yes" : "no", value}});
    }
    std::sort(rows.begin(), rows.end());
    if (command.json) {
        print_json(json);
        return {};
    }
    std::vector<std::vector<std::string>> cells;
    cells.reserve(rows.size());
    for (const auto& [name, row] : rows)
        cells.push_back(row);
    print_table({"PARAMETER", "PUBLIC", "VALUE"}, cells);
    return {};
}

Done set(const Command& command, Client& client, const SiteLine& line) {
    const auto parameters = read_assignments(line.assignments);
    if (!parameters)
        return tl::unexpected(parameters.error());
    if (parameters->empty())
        return fail("site set: want at least one P=VALUE");
    client.manager().SetSite(*parameters, line.is_public);
    say(command, "site: set", {{"done", true}});
    return {};
}

Done unset(const Command& command, Client& client, const SiteLine& line) {
    client.manager().UnsetSite(line.names);
    say(command, "site: unset", {{"done", true}});
    return {};
}

} // namespace

void declare_site_commands(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("site", "settings of every phone of this branch");
    group->require_subcommand(1);
    const auto line = std::make_shared<SiteLine>();

    CLI::App* showing = group->add_subcommand("show", "all of them");
    showing->add_flag("--reveal", line->reveal, "shows secrets, too");
    showing->callback([&command, line] {
        command.run = [&command, line](Client& client) {
            return show(command, client, line->reveal);
        };
    });

    CLI::App* setting = group->add_subcommand("set", "changes some and publishes");
    setting->add_option("P=VALUE", line->assignments.set, "e.g. P64=CET-1CEST-2,M3.5.0/02");
    setting
        ->add_option("--set-file", line->assignments.set_file,
                     "P=FILE: the value is the file's content; '-' is the standard input")
        ->allow_extra_args(false);
    setting->add_flag("--public", line->is_public,
                      "puts them into the generic cfg.xml, too, which anybody may read");
    setting->callback([&command, line] {
        command.run = [&command, line](Client& client) { return set(command, client, *line); };
    });

    CLI::App* unsetting = group->add_subcommand("unset", "takes some away and publishes");
    unsetting->add_option("P", line->names, "e.g. P64")->required();
    unsetting->callback([&command, line] {
        command.run = [&command, line](Client& client) { return unset(command, client, *line); };
    });
}

} // namespace plugtone::ctl
