// plugtonectl redirect: phones of MAC ranges that are sent to another server.
#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"

namespace plugtone::ctl {

namespace {

struct RedirectLine {
    std::string range;
    std::string url;
};
using Line = std::shared_ptr<RedirectLine>;

Done list(const Command& command, Client& client, const RedirectLine&) {
    nlohmann::json json = nlohmann::json::array();
    std::vector<Row> rows;
    for (const auto& redirect : client.manager().Redirects()) {
        rows.push_back({std::get<0>(redirect), std::get<1>(redirect)});
        json.push_back({{"id", rows.back()[0].text}, {"url", rows.back()[1].text}});
    }
    if (command.json)
        print_json(json);
    else
        print_table({"ID", "URL"}, rows);
    return {};
}

Done add(const Command& command, Client& client, const RedirectLine& line) {
    client.manager().AddRedirect(line.range, line.url);
    say(command, line.range + " is sent to " + line.url,
        {{"id", line.range}, {"url", line.url}, {"done", true}});
    return {};
}

Done remove(const Command& command, Client& client, const RedirectLine& line) {
    client.manager().RemoveRedirect(line.range);
    say(command, line.range + " is no longer redirected", {{"id", line.range}, {"done", true}});
    return {};
}

} // namespace

void declare_redirect_commands(CLI::App& app, Command& command) {
    CLI::App* group =
        app.add_subcommand("redirect", "phones that are sent to another server, before any class");
    group->require_subcommand(1);
    const Line line = std::make_shared<RedirectLine>();
    const auto verb = [&](const char* name, const char* what, auto action) {
        CLI::App* made = group->add_subcommand(name, what);
        made->callback([&command, line, action] {
            command.run = [&command, line, action](Client& client) {
                return action(command, client, *line);
            };
        });
        return made;
    };
    verb("list", "all of them", list);
    CLI::App* adding = verb("add", "sends phones to another server", add);
    adding->add_option("RANGE", line->range, "FIRST-LAST or one MAC, which is its ID, too")
        ->required();
    adding->add_option("URL", line->url, "e.g. http://provider.example.net/gs")->required();
    verb("remove", "their class counts again", remove)
        ->add_option("ID", line->range, "as 'redirect list' shows it")
        ->required();
}

} // namespace plugtone::ctl
