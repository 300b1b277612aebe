// The parameter dictionary, and what lint finds with it.
#include "agent/ctl/commands.hpp"
#include "agent/ctl/difference_output.hpp"
#include "agent/ctl/output.hpp"
#include "core/base/text.hpp"

namespace plugtone::ctl {

namespace {

nlohmann::json dictionary_json(Client& client) {
    nlohmann::json all = nlohmann::json::array();
    for (const auto& entry : client.manager().Dictionary()) {
        nlohmann::json one = {{"number", std::get<0>(entry)},  {"name", std::get<1>(entry)},
                              {"v2", std::get<2>(entry)},      {"title", std::get<3>(entry)},
                              {"aliases", std::get<4>(entry)}, {"forms", nlohmann::json::array()}};
        for (const auto& form : std::get<5>(entry))
            one["forms"].push_back({{"families", std::get<0>(form)},
                                    {"allowed", std::get<1>(form)},
                                    {"default", std::get<2>(form)}});
        all.push_back(std::move(one));
    }
    return all;
}

bool is_about(const nlohmann::json& one, const std::string& wanted) {
    const std::string text = lower(wanted);
    const auto holds = [&](const nlohmann::json& value) {
        return lower(value.get<std::string>()).find(text) != std::string::npos;
    };
    if (holds(one["number"]) || holds(one["name"]) || holds(one["v2"]) || holds(one["title"]))
        return true;
    return std::any_of(one["aliases"].begin(), one["aliases"].end(), holds);
}

Done list(const Command& command, Client& client, const std::string& wanted) {
    nlohmann::json found = nlohmann::json::array();
    std::vector<Row> rows;
    for (const nlohmann::json& one : dictionary_json(client)) {
        if (!is_about(one, wanted))
            continue;
        found.push_back(one);
        rows.push_back({one["number"].get<std::string>(), one["name"].get<std::string>(),
                        one["title"].get<std::string>()});
    }
    if (command.json)
        print_json(found);
    else
        print_table({"NUMBER", "NAME", "TITLE"}, rows);
    return {};
}

bool is_called(const nlohmann::json& one, const std::string& name) {
    const std::string text = lower(name);
    const auto same = [&](const nlohmann::json& value) {
        return lower(value.get<std::string>()) == text;
    };
    return same(one["number"]) || same(one["name"]) || same(one["v2"]) ||
           std::any_of(one["aliases"].begin(), one["aliases"].end(), same);
}

void print_parameter(const nlohmann::json& one) {
    std::vector<std::pair<std::string, Cell>> pairs = {
        {"number", one["number"].get<std::string>()},
        {"name", one["name"].get<std::string>()},
        {"also", joined(one["aliases"].get<std::vector<std::string>>())},
        {"in xml-version 2", one["v2"].get<std::string>()},
        {"title", one["title"].get<std::string>()}};
    for (const nlohmann::json& form : one["forms"]) {
        const std::string families = joined(form["families"].get<std::vector<std::string>>());
        pairs.emplace_back(families.empty() ? "value" : "value for " + families,
                           form["allowed"].get<std::string>());
        if (const auto preset = form["default"].get<std::string>(); !preset.empty())
            pairs.emplace_back("  default", preset);
    }
    print_pairs(pairs);
}

Done show(const Command& command, Client& client, const std::string& name) {
    for (const nlohmann::json& one : dictionary_json(client)) {
        if (!is_called(one, name))
            continue;
        if (command.json)
            print_json(one);
        else
            print_parameter(one);
        return {};
    }
    return fail(ErrorKind::not_found, "the dictionary has no '" + printable(name) +
                                          "'; 'plugtonectl parameter list' shows all");
}

Done lint(const Command& command, Client& client) {
    nlohmann::json json = nlohmann::json::array();
    std::size_t errors = 0;
    for (const auto& finding : client.manager().Lint()) {
        const auto& [severity, class_name, mac, parameter, text] = static_cast<
            const std::tuple<std::string, std::string, std::string, std::string, std::string>&>(
            finding);
        if (severity == "error")
            ++errors;
        json.push_back(finding_json({severity, class_name, mac, parameter, text}));
        if (command.json)
            continue;
        std::string where = class_name.empty() ? "" : "class " + class_name + ", ";
        where += mac.empty() ? "" : "device " + mac + ", ";
        where += parameter.empty() ? "" : parameter + ", ";
        if (!where.empty())
            where.replace(where.size() - 2, 2, ": ");
        const Cell shown = state_cell(severity);
        std::printf("%s: %s%s\n", toned(shown.text, shown.tone).c_str(), where.c_str(),
                    text.c_str());
    }
    if (command.json)
        print_json(json);
    else if (json.empty())
        std::puts("nothing found");
    if (errors > 0)
        return fail("lint: " + std::to_string(errors) + (errors == 1 ? " error" : " errors"));
    return {};
}

} // namespace

void declare_parameter_commands(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("parameter", "what the numbers mean: the dictionary");
    group->require_subcommand(1);
    const auto text = std::make_shared<std::string>();
    CLI::App* listing = group->add_subcommand("list", "all of them, or those with that text");
    listing->add_option("TEXT", *text, "in the number, a name or the title");
    listing->callback([&command, text] {
        command.run = [&command, text](Client& client) { return list(command, client, *text); };
    });
    CLI::App* showing = group->add_subcommand("show", "one of them, and what is allowed");
    showing->add_option("NAME", *text, "e.g. P47 or account1.sip-server")->required();
    showing->callback([&command, text] {
        command.run = [&command, text](Client& client) { return show(command, client, *text); };
    });
}

void declare_lint_command(CLI::App& app, Command& command) {
    app.add_subcommand("lint", "checks all that is composed: types, contradictions, open secrets")
        ->callback([&command] {
            command.run = [&command](Client& client) { return lint(command, client); };
        });
}

} // namespace plugtone::ctl
