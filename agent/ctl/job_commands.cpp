// plugtonectl job: long work of the agent's, as others began it.
#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"

namespace plugtone::ctl {

namespace {

constexpr std::string_view folder = "/org/plugtone1/job/";

nlohmann::json job_json(const std::string& path, const Properties& properties) {
    const auto text = [&](const char* name) { return properties.at(name).get<std::string>(); };
    nlohmann::json json = {{"id", path.substr(folder.size())},
                           {"what", text("What")},
                           {"state", text("State")},
                           {"done", properties.at("Done").get<std::uint64_t>()},
                           {"total", properties.at("Total").get<std::uint64_t>()},
                           {"error", text("Error")}};
    json["result"] = nlohmann::json::parse(text("Result"), nullptr, false);
    return json;
}

std::string share(const nlohmann::json& job) {
    const auto total = job["total"].get<std::uint64_t>();
    return total == 0 ? "" : std::to_string(job["done"].get<std::uint64_t>() * 100 / total) + " %";
}

Done list(const Command& command, Client& client, const std::string&) {
    nlohmann::json all = nlohmann::json::array();
    std::vector<Row> rows;
    for (const auto& [path, properties] : client.objects("org.plugtone1.Job")) {
        all.push_back(job_json(path, properties));
        const nlohmann::json& job = all.back();
        rows.push_back({job["id"].get<std::string>(), state_cell(job["state"].get<std::string>()),
                        share(job), job["what"].get<std::string>(),
                        job["error"].get<std::string>()});
    }
    if (command.json)
        print_json(all);
    else
        print_table({"ID", "STATE", "DONE", "WHAT", "WHY"}, rows);
    return {};
}

Done cancel(const Command& command, Client& client, const std::string& id) {
    if (!client.objects("org.plugtone1.Job").contains(std::string(folder) + id))
        return fail(ErrorKind::not_found, "no job '" + id + "'; 'plugtonectl job list' shows all");
    client.job(std::string(folder) + id)->Cancel();
    say(command, "job " + id + " is told to end", {{"id", id}, {"done", true}});
    return {};
}

} // namespace

void declare_job_commands(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("job", "long work that the agent does");
    group->require_subcommand(1);
    const auto id = std::make_shared<std::string>();
    const auto verb = [&](const char* name, const char* what, auto action) {
        CLI::App* made = group->add_subcommand(name, what);
        made->callback([&command, id, action] {
            command.run = [&command, id, action](Client& client) {
                return action(command, client, *id);
            };
        });
        return made;
    };
    verb("list", "what runs, and what ended within the last hour", list);
    verb("cancel", "ends one; it has then changed nothing", cancel)
        ->add_option("ID", *id, "as 'job list' shows it")
        ->required();
}

} // namespace plugtone::ctl
