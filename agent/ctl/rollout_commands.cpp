// plugtonectl rollout: a firmware's way to its phones, ring by ring.
#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"

namespace plugtone::ctl {

namespace {

constexpr std::uint32_t seconds_of_minute = 60;

struct RolloutLine {
    std::uint64_t id = 0;
    std::uint64_t firmware = 0;
    std::string class_name;
    std::string rings;
    std::string quiet_hours;
    std::vector<std::string> via;
    std::uint32_t downloads_max = 0;
    std::uint32_t hearing_minutes = 0;
};
using Line = std::shared_ptr<RolloutLine>;

std::string rollout_path(std::uint64_t id) {
    return "/org/plugtone1/rollout/" + std::to_string(id);
}

nlohmann::json rollout_json(const Properties& properties) {
    const auto text = [&](const char* name) { return properties.at(name).get<std::string>(); };
    return {{"id", properties.at("Id").get<std::uint64_t>()},
            {"firmware", properties.at("Firmware").get<std::uint64_t>()},
            {"title", text("Title")},
            {"class", text("ClassName")},
            {"state", text("State")},
            {"reason", text("Reason")},
            {"ring", text("Ring")},
            {"rings", text("Rings")},
            {"quiet_hours", text("QuietHours")},
            {"max_downloads", properties.at("DownloadsMax").get<std::uint32_t>()},
            {"started", properties.at("Started").get<std::int64_t>()},
            {"counts", properties.at("Counts").get<std::map<std::string, std::uint32_t>>()}};
}

std::string counts_text(const nlohmann::json& rollout) {
    std::string text;
    for (const auto& [state, count] : rollout["counts"].items())
        if (count.get<std::uint32_t>() > 0)
            text += (text.empty() ? "" : ", ") + std::to_string(count.get<std::uint32_t>()) + " " +
                    state;
    return text;
}

Done list(const Command& command, Client& client, const RolloutLine&) {
    std::map<std::uint64_t, nlohmann::json> by_id;
    for (const auto& [path, properties] : client.objects("org.plugtone1.Rollout")) {
        nlohmann::json one = rollout_json(properties);
        by_id.emplace(one["id"].get<std::uint64_t>(), std::move(one));
    }
    nlohmann::json all = nlohmann::json::array();
    std::vector<Row> rows;
    for (const auto& [id, one] : by_id) {
        all.push_back(one);
        rows.push_back({std::to_string(id), state_cell(one["state"].get<std::string>()),
                        one["ring"].get<std::string>(), counts_text(one),
                        one["title"].get<std::string>()});
    }
    if (command.json)
        print_json(all);
    else
        print_table({"ID", "STATE", "RING", "PHONES", "FIRMWARE"}, rows);
    return {};
}

Done show(const Command& command, Client& client, const RolloutLine& line) {
    const std::string path = rollout_path(line.id);
    const auto objects = client.objects("org.plugtone1.Rollout");
    const auto found = objects.find(path);
    if (found == objects.end())
        return fail(ErrorKind::not_found, "no rollout " + std::to_string(line.id) +
                                              "; 'plugtonectl rollout list' shows all");
    nlohmann::json json = rollout_json(found->second);
    json["members"] = nlohmann::json::array();
    std::vector<Row> rows;
    for (const auto& member : client.rollout(path)->Members()) {
        const auto& [mac, ring, state, version, reason] = static_cast<
            const std::tuple<std::string, std::string, std::string, std::string, std::string>&>(
            member);
        rows.push_back({mac, ring, state_cell(state), version, reason});
        json["members"].push_back({{"mac", mac},
                                   {"ring", ring},
                                   {"state", state},
                                   {"version", version},
                                   {"reason", reason}});
    }
    if (command.json) {
        print_json(json);
        return {};
    }
    const auto text = [&](const char* name) { return json[name].get<std::string>(); };
    print_pairs({{"firmware", text("title")},
                 {"class", text("class")},
                 {"state", text("state") + (text("reason").empty() ? "" : ": " + text("reason"))},
                 {"ring", text("ring") + " of " + text("rings")},
                 {"quiet hours", text("quiet_hours")},
                 {"started", time_text(json["started"].get<std::int64_t>())}});
    std::puts("");
    print_table({"MAC", "RING", "STATE", "VERSION", "WHY"}, rows);
    return {};
}

Done start(const Command& command, Client& client, const RolloutLine& line) {
    Properties options;
    for (const auto& [name, value] :
         {std::pair("Class", line.class_name), std::pair("Rings", line.rings),
          std::pair("QuietHours", line.quiet_hours)})
        if (!value.empty())
            options.emplace(name, sdbus::Variant(value));
    if (!line.via.empty())
        options.emplace("Via", sdbus::Variant(line.via));
    if (line.downloads_max > 0)
        options.emplace("DownloadsMax", sdbus::Variant(line.downloads_max));
    if (line.hearing_minutes > 0)
        options.emplace("HearingMax", sdbus::Variant(line.hearing_minutes * seconds_of_minute));
    const std::string path = client.manager().StartRollout(line.firmware, options);
    const std::string id = path.substr(path.rfind('/') + 1);
    say(command, "rollout " + id + " has begun; 'plugtonectl rollout show " + id + "' shows it",
        {{"id", client.rollout(path)->Id()}, {"done", true}});
    return {};
}

enum class Move { pause, resume, abort };

Done move(const Command& command, Client& client, const RolloutLine& line, Move wanted) {
    const auto rollout = client.rollout(rollout_path(line.id));
    const std::string what = "rollout " + std::to_string(line.id);
    return on_known(what, "rollout list", [&]() -> Done {
        if (wanted == Move::pause)
            rollout->Pause();
        else if (wanted == Move::resume)
            rollout->Resume();
        else
            rollout->Abort();
        const std::string state = rollout->State();
        say(command, what + " is " + state, {{"id", line.id}, {"state", state}, {"done", true}});
        return {};
    });
}

} // namespace

void declare_rollout_commands(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("rollout", "a firmware's way to its phones, ring by ring");
    group->require_subcommand(1);
    const Line line = std::make_shared<RolloutLine>();
    const auto verb = [&](const char* name, const char* what, auto action) {
        CLI::App* made = group->add_subcommand(name, what);
        made->callback([&command, line, action] {
            command.run = [&command, line, action](Client& client) -> Done {
                return action(command, client, *line);
            };
        });
        return made;
    };
    const auto of_one = [&](CLI::App* made) {
        made->add_option("ID", line->id, "as 'rollout list' shows it")->required();
    };
    CLI::App* starting = verb("start", "begins one", start);
    starting->add_option("--firmware", line->firmware, "its ID")->required();
    starting->add_option("--class", line->class_name,
                         "phones of this class; without it those that report the firmware's model");
    starting->add_option("--rings", line->rings,
                         "'canary MAC,MAC;10%;50%;100%'; by default 10%;50%;100%");
    starting->add_option("--quiet-hours", line->quiet_hours,
                         "phones are told in these hours only, e.g. 22:00-06:00");
    starting->add_option("--max-downloads", line->downloads_max, "phones at once; by default 10")
        ->check(CLI::Range(1, 100'000));
    starting
        ->add_option("--via", line->via,
                     "ID, or ID:VERSION for phones below that version: this firmware first; may be "
                     "repeated")
        ->allow_extra_args(false);
    starting
        ->add_option("--timeout", line->hearing_minutes,
                     "minutes until a phone that is not heard of counts as silent; by default 1440")
        ->check(CLI::Range(1, 100'000));
    verb("list", "all of them", list);
    of_one(verb("show", "it and each of its phones", show));
    const auto moving = [&](const char* name, const char* what, Move wanted) {
        of_one(
            verb(name, what, [wanted](const Command& made, Client& client, const RolloutLine& of) {
                return move(made, client, of, wanted);
            }));
    };
    moving("pause", "no more phones are told", Move::pause);
    moving("resume", "goes on, after a halt as well", Move::resume);
    moving("abort", "its phones go back to what they were pinned to before", Move::abort);
}

} // namespace plugtone::ctl
