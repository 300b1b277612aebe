#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"

namespace plugtone::ctl {

nlohmann::json status_json(const Properties& status) {
    return {{"generation", status.at("generation").get<std::uint64_t>()},
            {"published", status.at("published").get<std::int64_t>()},
            {"change", status.at("change").get<std::string>()},
            {"devices", status.at("devices").get<std::uint32_t>()},
            {"states", status.at("states").get<std::map<std::string, std::uint32_t>>()},
            {"stuck", status.at("stuck").get<std::uint32_t>()},
            {"classes", status.at("classes").get<std::uint32_t>()},
            {"problems", status.at("problems").get<std::vector<std::string>>()},
            {"kea", status.at("kea").get<std::string>()},
            {"fleet", status.at("fleet").get<std::string>()},
            {"journal_rows", status.at("journal-rows").get<std::int64_t>()},
            {"malformed_events", status.at("malformed-events").get<std::uint64_t>()},
            {"dropped_events", status.at("dropped-events").get<std::uint64_t>()},
            {"lost_events", status.at("lost-events").get<std::uint64_t>()}};
}

namespace {

Done status(const Command& command, Client& client) {
    const nlohmann::json json = status_json(client.manager().Status());
    if (command.json) {
        print_json(json);
        return {};
    }
    std::string states;
    for (const auto& [name, count] : json["states"].items())
        states += (states.empty() ? " (" : ", ") + std::to_string(count.get<std::uint32_t>()) +
                  " " + name;
    const auto count = [&](const char* name) {
        return std::to_string(json[name].get<std::uint64_t>());
    };
    std::vector<std::pair<std::string, Cell>> pairs = {
        {"generation", std::to_string(json["generation"].get<std::uint64_t>()) + ", " +
                           time_text(json["published"].get<std::int64_t>()) + ", " +
                           json["change"].get<std::string>()},
        {"devices", std::to_string(json["devices"].get<std::uint32_t>()) +
                        (states.empty() ? "" : states + ")")},
        {"classes", std::to_string(json["classes"].get<std::uint32_t>())},
        {"reload of Kea", json["kea"].get<std::string>()},
        {"stuck", json["stuck"] == 0
                      ? Cell("0")
                      : Cell(count("stuck") + "; 'device list --stuck' says why", Tone::bad)},
        {"journal", count("journal_rows") + " events; not in it: " + count("malformed_events") +
                        " malformed, " + count("dropped_events") + " dropped, " +
                        count("lost_events") + " lost"}};
    if (const auto fleet = json["fleet"].get<std::string>(); !fleet.empty())
        pairs.emplace_back("fleet", fleet);
    print_pairs(pairs);
    for (const auto& problem : json["problems"])
        std::printf("%s: %s\n", toned("problem", Tone::bad).c_str(),
                    problem.get<std::string>().c_str());
    return {};
}

Done monitor(const Command& command, Client& client, std::uint64_t count) {
    std::uint64_t seen = 0;
    const auto line = [&](const std::string& text, const nlohmann::json& json) {
        std::printf(
            "%s\n",
            command.json
                ? json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str()
                : text.c_str());
        std::fflush(stdout);
        if (++seen == count)
            client.stop();
    };
    client.manager().on_journal = [&](std::int64_t time, const std::string& kind,
                                      const BusFields& fields) {
        line(event_line(time, kind, fields), event_json(time, kind, fields));
    };
    client.manager().on_state_changed = [&](std::int64_t time, const BusFields& fields) {
        line(event_line(time, "state", fields), event_json(time, "state", fields));
    };
    client.manager().on_published = [&](std::uint64_t generation, const std::string& change) {
        const std::int64_t now = std::time(nullptr);
        const BusFields fields = {{std::string("GENERATION"), std::to_string(generation)},
                                  {std::string("CHANGE"), change}};
        line(event_line(now, "published", fields), event_json(now, "published", fields));
    };
    client.manager().Status(); // refuses at once when there is no agent to follow
    client.listen();
    return {};
}

template <class Action>
CLI::App* declare(CLI::App& app, Command& command, const char* name, const char* description,
                  Action action) {
    CLI::App* made = app.add_subcommand(name, description);
    made->callback([&command, action] {
        command.run = [&command, action](Client& client) { return action(command, client); };
    });
    return made;
}

} // namespace

void declare_system_commands(CLI::App& app, Command& command) {
    declare(app, command, "status", "what is live, what is wrong", status);
    const auto count = std::make_shared<std::uint64_t>(0);
    CLI::App* following = declare(
        app, command, "monitor", "follows what happens, until it is interrupted",
        [count](const Command& line, Client& client) { return monitor(line, client, *count); });
    following->add_option("--count", *count, "ends after so many lines; without it, never")
        ->check(CLI::PositiveNumber);
}

} // namespace plugtone::ctl
