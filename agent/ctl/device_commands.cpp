#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone::ctl {

namespace {

constexpr const char* device_interface = "org.plugtone1.Device";
constexpr const char* hidden = "••••";

// One command line is one of these; its options are read into it.
struct DeviceLine {
    std::string mac;
    std::string class_name;
    std::string label;
    AssignmentOptions assignments;
    std::vector<std::string> names;
    std::uint32_t count = 100;
    bool reveal = false;
};
using Line = std::shared_ptr<DeviceLine>;

CLI::App* verb(CLI::App& group, const char* name, const char* description, const Line& line) {
    CLI::App* app = group.add_subcommand(name, description);
    app->add_option("MAC", line->mac, "e.g. 000b82123456 or 00:0b:82:12:34:56")->required();
    return app;
}

void add_set_file(CLI::App& app, AssignmentOptions& options) {
    app.add_option("--set-file", options.set_file,
                   "P=FILE: the value is the file's content; '-' is the standard input")
        ->allow_extra_args(false);
}

std::map<std::string, std::string> masked(std::map<std::string, std::string> parameters,
                                          bool reveal) {
    for (auto& [name, value] : parameters)
        if (const auto parsed = ParameterName::parse(name); !reveal && parsed && is_secret(*parsed))
            value = hidden;
    return parameters;
}

nlohmann::json properties_json(const Properties& properties) {
    const auto text = [&](const char* name) { return properties.at(name).get<std::string>(); };
    return {{"mac", text("Mac")},
            {"label", text("Label")},
            {"class", text("Class")},
            {"class_fixed", properties.at("ClassFixed").get<bool>()},
            {"state", text("State")},
            {"address", text("Address")},
            {"last_seen", properties.at("LastSeen").get<std::int64_t>()}};
}

Done list(const Command& command, Client& client) {
    nlohmann::json json = nlohmann::json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& [path, properties] : client.objects(device_interface)) {
        json.push_back(properties_json(properties));
        const nlohmann::json& device = json.back();
        const auto cell = [&](const char* name) { return device[name].get<std::string>(); };
        rows.push_back({cell("mac"), cell("class"), cell("state"), cell("address"),
                        time_text(device["last_seen"].get<std::int64_t>()), cell("label")});
    }
    if (command.json)
        print_json(json);
    else
        print_table({"MAC", "CLASS", "STATE", "ADDRESS", "LAST SEEN", "LABEL"}, rows);
    return {};
}

void print_device(const nlohmann::json& device, const std::map<std::string, std::string>& own,
                  const std::map<std::string, std::string>& composed) {
    const auto text = [&](const char* name) { return device[name].get<std::string>(); };
    print_pairs({{"mac", text("mac")},
                 {"label", text("label")},
                 {"class", text("class") +
                               (device["class_fixed"].get<bool>() ? " (fixed)" : " (recognised)")},
                 {"state", text("state")},
                 {"address", text("address")},
                 {"last seen", time_text(device["last_seen"].get<std::int64_t>())}});
    ParameterRows rows;
    for (const auto& [name, value] : composed)
        if (const auto parsed = ParameterName::parse(name))
            rows.emplace(*parsed,
                         std::vector<std::string>{
                             name, own.contains(name) ? "device" : "site, vendor or class", value});
    std::puts("");
    print_table({"PARAMETER", "FROM", "VALUE"}, rows_of(rows));
}

Done show(const Command& command, Client& client, const Mac& mac, const DeviceLine& line) {
    const auto device = client.device(mac);
    const auto [own, composed] = device->Parameters();
    nlohmann::json json = {{"mac", device->Mac()},           {"label", device->Label()},
                           {"class", device->Class()},       {"class_fixed", device->ClassFixed()},
                           {"state", device->State()},       {"address", device->Address()},
                           {"last_seen", device->LastSeen()}};
    const auto shown_own = masked(own, line.reveal);
    const auto shown = masked(composed, line.reveal);
    if (!command.json) {
        print_device(json, shown_own, shown);
        return {};
    }
    json["parameters"] = shown_own;
    json["composed"] = shown;
    print_json(json);
    return {};
}

Done add(const Command& command, Client& client, const Mac& mac, const DeviceLine& line) {
    const auto parameters = read_assignments(line.assignments);
    if (!parameters)
        return tl::unexpected(parameters.error());
    client.manager().AddDevice(mac.text(), line.class_name, line.label, *parameters);
    const std::string class_name = client.device(mac)->Class();
    say(command, "device " + mac.text() + " added, class " + class_name,
        {{"mac", mac.text()}, {"class", class_name}});
    return {};
}

Done set(const Command& command, Client& client, const Mac& mac, const DeviceLine& line) {
    const auto parameters = read_assignments(line.assignments);
    if (!parameters)
        return tl::unexpected(parameters.error());
    if (parameters->empty())
        return fail("device set: want at least one P=VALUE");
    client.device(mac)->Set(*parameters);
    say(command, "device " + mac.text() + ": set", {{"mac", mac.text()}, {"done", true}});
    return {};
}

Done unset(const Command& command, Client& client, const Mac& mac, const DeviceLine& line) {
    client.device(mac)->Unset(line.names);
    say(command, "device " + mac.text() + ": unset", {{"mac", mac.text()}, {"done", true}});
    return {};
}

Done remove(const Command& command, Client& client, const Mac& mac, const DeviceLine&) {
    client.manager().RemoveDevice(mac.text());
    say(command, "device " + mac.text() + " removed", {{"mac", mac.text()}, {"done", true}});
    return {};
}

Done secret(const Command& command, Client& client, const Mac& mac, const DeviceLine&) {
    const std::string password = client.device(mac)->Secret();
    say(command, password, {{"mac", mac.text()}, {"xml_password", password}});
    return {};
}

Done history(const Command& command, Client& client, const Mac& mac, const DeviceLine& line) {
    nlohmann::json json = nlohmann::json::array();
    for (const auto& event : client.device(mac)->History(line.count)) {
        const auto& [time, kind, fields] =
            static_cast<const std::tuple<std::int64_t, std::string, BusFields>&>(event);
        if (command.json)
            json.push_back(event_json(time, kind, fields));
        else
            std::printf("%s\n", event_line(time, kind, fields).c_str());
    }
    if (command.json)
        print_json(json);
    return {};
}

using Action = Done (*)(const Command&, Client&, const Mac&, const DeviceLine&);

void on(CLI::App* app, Command& command, const Line& line, Action action) {
    app->callback([&command, line, action] {
        command.run = [&command, line, action](Client& client) -> Done {
            const auto mac = Mac::parse(line->mac);
            if (!mac)
                return tl::unexpected(mac.error());
            try {
                return action(command, client, *mac, *line);
            } catch (const sdbus::Error& error) {
                if (!is_unknown_object(error))
                    throw;
                return fail(ErrorKind::not_found,
                            "no device " + mac->text() + "; 'plugtonectl device list' shows all");
            }
        };
    });
}

} // namespace

void declare_device_commands(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("device", "the phones of this branch");
    group->require_subcommand(1);
    const Line line = std::make_shared<DeviceLine>();

    CLI::App* listing = group->add_subcommand("list", "all of them");
    listing->callback(
        [&command] { command.run = [&command](Client& client) { return list(command, client); }; });

    CLI::App* adding = verb(*group, "add", "adds one and publishes its files", line);
    adding->add_option("--class", line->class_name, "its class (default: as it is recognised)");
    adding->add_option("--label", line->label, "for people");
    adding->add_option("--set", line->assignments.set, "P=VALUE, any number of times")
        ->allow_extra_args(false);
    add_set_file(*adding, line->assignments);
    on(adding, command, line, add);

    CLI::App* setting = verb(*group, "set", "changes settings of its own and publishes", line);
    setting->add_option("P=VALUE", line->assignments.set, "e.g. P47=sip.example.net");
    add_set_file(*setting, line->assignments);
    on(setting, command, line, set);

    CLI::App* unsetting = verb(*group, "unset", "takes settings of its own away", line);
    unsetting->add_option("P", line->names, "e.g. P47")->required();
    on(unsetting, command, line, unset);

    CLI::App* showing = verb(*group, "show", "what it is, where it is, and its settings", line);
    showing->add_flag("--reveal", line->reveal, "shows secrets, too");
    on(showing, command, line, show);

    on(verb(*group, "remove", "takes it and its files away", line), command, line, remove);
    on(verb(*group, "secret", "its XML password (P1359)", line), command, line, secret);

    CLI::App* past = verb(*group, "history", "what happened to it, oldest first", line);
    past->add_option("--count", line->count, "at most so many events")->capture_default_str();
    on(past, command, line, history);
}

} // namespace plugtone::ctl
