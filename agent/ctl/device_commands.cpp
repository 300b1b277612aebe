#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone::ctl {

namespace {

// One command line is one of these; its options are read into it.
struct DeviceLine {
    std::string mac;
    std::optional<std::string> class_name;
    std::optional<std::string> label;
    std::optional<std::string> url;
    SettingOptions settings;
    std::vector<std::string> names;
    std::uint32_t count = 100;
    bool reveal = false;
    bool effective = false;
    bool stuck = false;
    bool unknown = false;
};
using Line = std::shared_ptr<DeviceLine>;

CLI::App* verb(CLI::App& group, const char* name, const char* description, const Line& line) {
    CLI::App* app = group.add_subcommand(name, description);
    app->add_option("MAC", line->mac, "e.g. 000b82123456 or 00:0b:82:12:34:56")->required();
    return app;
}

// One row of Manager.Devices.
template <class Row>
nlohmann::json device_json(const Row& row) {
    return {{"mac", std::get<0>(row)},       {"label", std::get<1>(row)},
            {"class", std::get<2>(row)},     {"class_fixed", std::get<3>(row)},
            {"url", std::get<4>(row)},       {"state", std::get<5>(row)},
            {"since", std::get<6>(row)},     {"stuck", std::get<7>(row)},
            {"why", std::get<8>(row)},       {"address", std::get<9>(row)},
            {"last_seen", std::get<10>(row)}};
}

std::string state_text(const nlohmann::json& device) {
    return (device["stuck"].get<bool>() ? "stuck at " : "") + device["state"].get<std::string>();
}

Done list(const Command& command, Client& client, const DeviceLine& line) {
    nlohmann::json json = nlohmann::json::array();
    std::vector<Row> rows;
    for (const auto& row : client.manager().Devices()) {
        json.push_back(device_json(row));
        const nlohmann::json& device = json.back();
        if (line.stuck && !device["stuck"].get<bool>()) {
            json.erase(json.size() - 1);
            continue;
        }
        const auto cell = [&](const char* name) { return device[name].get<std::string>(); };
        if (line.stuck)
            rows.push_back({cell("mac"), cell("label"), cell("state"),
                            time_text(device["since"].get<std::int64_t>()), cell("why")});
        else
            rows.push_back({cell("mac"), cell("class"), state_cell(state_text(device)),
                            cell("address"), time_text(device["last_seen"].get<std::int64_t>()),
                            cell("label")});
    }
    if (command.json)
        print_json(json);
    else if (line.stuck)
        print_table({"MAC", "LABEL", "STUCK AT", "SINCE", "WHY"}, rows);
    else
        print_table({"MAC", "CLASS", "STATE", "ADDRESS", "LAST SEEN", "LABEL"}, rows);
    return {};
}

// One row of Device.Parameters.
struct Shown {
    std::string number, name, layer;
    bool secret = false;
    std::string value, meaning;
    std::vector<std::pair<std::string, std::string>> overridden; // layer and value
};

std::vector<Shown> shown_parameters(DeviceOnBus& device, bool reveal, bool& legacy_imported) {
    std::vector<Shown> all;
    const auto answer = device.Parameters(reveal);
    legacy_imported = std::get<1>(answer);
    for (const auto& row : std::get<0>(answer)) {
        Shown shown{std::get<0>(row),
                    std::get<1>(row),
                    std::get<2>(row),
                    std::get<3>(row),
                    std::get<4>(row),
                    std::get<5>(row),
                    {}};
        const bool hides = shown.secret && !reveal;
        if (hides)
            shown.value = hidden;
        for (const auto& below : std::get<6>(row))
            shown.overridden.emplace_back(std::get<0>(below), hides ? hidden : std::get<1>(below));
        all.push_back(std::move(shown));
    }
    return all;
}

std::string overridden_text(const Shown& one) {
    std::string text;
    for (const auto& [layer, value] : one.overridden)
        text += (text.empty() ? "" : ", ") + layer + ": " + (value.empty() ? "''" : value);
    return text;
}

// effective: also what each setting overrides.
void print_parameters(const std::vector<Shown>& parameters, bool effective) {
    std::vector<Row> rows;
    rows.reserve(parameters.size());
    for (const Shown& one : parameters) {
        const bool explained = !one.meaning.empty() && one.meaning != one.value;
        rows.push_back({one.number, one.name, one.layer,
                        one.value + (explained ? " (" + one.meaning + ")" : "")});
        if (effective)
            rows.back().push_back(overridden_text(one));
    }
    std::vector<std::string> heading = {"NUMBER", "NAME", "FROM", "VALUE"};
    if (effective)
        heading.emplace_back("OVERRIDES");
    print_table(heading, rows);
}

void print_device(const nlohmann::json& device) {
    const auto text = [&](const char* name) { return device[name].get<std::string>(); };
    print_pairs({{"mac", text("mac")},
                 {"label", text("label")},
                 {"class", text("class") +
                               (device["class_fixed"].get<bool>() ? " (fixed)" : " (recognised)")},
                 {"own URL", text("url")},
                 {"state",
                  state_text(device) + ", since " + time_text(device["since"].get<std::int64_t>())},
                 {"stuck because", text("why")},
                 {"address", text("address")},
                 {"last seen", time_text(device["last_seen"].get<std::int64_t>())}});
    if (device["legacy_imported"].get<bool>())
        std::puts("The binary file of this device was imported: the settings below are not in it.");
    std::puts("");
}

Done show(const Command& command, Client& client, const Mac& mac, const DeviceLine& line) {
    const auto device = client.device(mac);
    bool legacy_imported = false;
    const std::vector<Shown> parameters = shown_parameters(*device, line.reveal, legacy_imported);
    nlohmann::json json = {{"mac", device->Mac()},
                           {"label", device->Label()},
                           {"class", device->Class()},
                           {"class_fixed", device->ClassFixed()},
                           {"url", device->Url()},
                           {"state", device->State()},
                           {"since", device->StateSince()},
                           {"stuck", device->Stuck()},
                           {"why", device->Why()},
                           {"address", device->Address()},
                           {"last_seen", device->LastSeen()},
                           {"legacy_imported", legacy_imported},
                           {"parameters", nlohmann::json::object()},
                           {"composed", nlohmann::json::object()},
                           {"names", nlohmann::json::object()},
                           {"layers", nlohmann::json::object()},
                           {"overridden", nlohmann::json::object()}};
    if (!command.json) {
        print_device(json);
        print_parameters(parameters, line.effective);
        return {};
    }
    for (const Shown& one : parameters) {
        if (one.layer == "device")
            json["parameters"][one.number] = one.value;
        json["composed"][one.number] = one.value;
        json["layers"][one.number] = one.layer;
        for (const auto& [layer, value] : one.overridden)
            json["overridden"][one.number].push_back({{"layer", layer}, {"value", value}});
        if (!one.name.empty())
            json["names"][one.number] = one.name;
    }
    print_json(json);
    return {};
}

Done add(const Command& command, Client& client, const Mac& mac, const DeviceLine& line) {
    const auto settings = read_settings(line.settings);
    if (!settings)
        return tl::unexpected(settings.error());
    const auto [path, notes] = client.manager().AddDevice(mac.text(), line.class_name.value_or(""),
                                                          line.label.value_or(""), *settings);
    print_notes(command, notes);
    const std::string class_name = client.device(mac)->Class();
    say(command, "device " + mac.text() + " added, class " + class_name,
        {{"mac", mac.text()}, {"class", class_name}, {"notes", notes}});
    return {};
}

Done set(const Command& command, Client& client, const Mac& mac, const DeviceLine& line) {
    const auto settings = read_settings(line.settings);
    if (!settings)
        return tl::unexpected(settings.error());
    Properties properties;
    if (line.class_name)
        properties.emplace("Class", sdbus::Variant(*line.class_name));
    if (line.label)
        properties.emplace("Label", sdbus::Variant(*line.label));
    if (line.url)
        properties.emplace("Url", sdbus::Variant(*line.url));
    const auto notes = client.device(mac)->Set(*settings, properties);
    print_notes(command, notes);
    say(command, "device " + mac.text() + ": set",
        {{"mac", mac.text()}, {"done", true}, {"notes", notes}});
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

Done explain(const Command& command, Client& client, const Mac& mac, const DeviceLine&) {
    const auto answer = nlohmann::json::parse(client.manager().Explain(mac.text()));
    if (command.json) {
        print_json(answer);
        return {};
    }
    const std::string class_name = answer.value("class", "");
    print_pairs({{"mac", mac.text()},
                 {"class", class_name.empty() ? "none: it gets no options of ours" : class_name},
                 {"redirected", answer.value("redirected", false) ? "yes" : "no"},
                 {"url", answer.value("url", "")}});
    std::vector<Row> options;
    for (const auto& option : answer.value("options", nlohmann::json::array()))
        options.push_back({std::to_string(option.value("code", 0)), option.value("text", ""),
                           option.value("hex", "")});
    std::puts("");
    print_table({"OPTION", "TEXT", "HEX"}, options);
    for (const auto& reason : answer.value("left-out", nlohmann::json::array()))
        std::printf("left out: %s\n", reason.get<std::string>().c_str());
    std::vector<Row> classes;
    for (const auto& verdict : answer.value("classes", nlohmann::json::array()))
        classes.push_back({verdict.value("class", ""), verdict.value("chosen", false) ? "yes" : "",
                           verdict.value("reason", "")});
    std::puts("");
    print_table({"CLASS", "TAKEN", "WHY"}, classes);
    return {};
}

Done history(const Command& command, Client& client, const Mac& mac, const DeviceLine& line) {
    nlohmann::json json = nlohmann::json::array();
    std::vector<Row> rows;
    for (const auto& event : client.device(mac)->History(line.count)) {
        const auto& [time, kind, fields] =
            static_cast<const std::tuple<std::int64_t, std::string, BusFields>&>(event);
        if (command.json)
            json.push_back(event_json(time, kind, fields));
        else
            rows.push_back({time_text(time), kind, event_text(kind, fields)});
    }
    if (command.json)
        print_json(json);
    else
        print_table({"TIME", "EVENT", ""}, rows);
    return {};
}

using Action = Done (*)(const Command&, Client&, const Mac&, const DeviceLine&);

void on(CLI::App* app, Command& command, const Line& line, Action action) {
    app->callback([&command, line, action] {
        command.run = [&command, line, action](Client& client) -> Done {
            const auto mac = Mac::parse(line->mac);
            if (!mac)
                return tl::unexpected(mac.error());
            return on_known("device " + mac->text(), "device list",
                            [&] { return action(command, client, *mac, *line); });
        };
    });
}

} // namespace

CLI::App* device_group(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("device", "the phones of this branch");
    group->require_subcommand(1);
    const Line line = std::make_shared<DeviceLine>();

    CLI::App* listing = group->add_subcommand("list", "all of them");
    listing->add_flag("--stuck", line->stuck, "only those that do not get on, and why");
    listing->add_flag("--unknown", line->unknown, "phones that were seen and nobody added")
        ->excludes("--stuck");
    listing->callback([&command, line] {
        command.run = [&command, line](Client& client) {
            return line->unknown ? list_unknown(command, client) : list(command, client, *line);
        };
    });

    CLI::App* adding = verb(*group, "add", "adds one and publishes its files", line);
    adding->add_option("--class", line->class_name, "its class (default: as it is recognised)");
    adding->add_option("--label", line->label, "for people");
    adding->add_option("--set", line->settings.set, "NAME=VALUE, any number of times")
        ->allow_extra_args(false);
    add_setting_files(*adding, line->settings);
    on(adding, command, line, add);

    CLI::App* setting =
        verb(*group, "set", "changes it or settings of its own, and publishes", line);
    setting->add_option("SETTING", line->settings.set,
                        "NAME=VALUE by number, name or alias: P47=sip.example.net, "
                        "account1.sip-server=sip.example.net");
    setting->add_option("--class", line->class_name, "its class; '' as it is recognised");
    setting->add_option("--label", line->label, "for people");
    setting->add_option(
        "--url", line->url,
        "where it gets its files, e.g. 'http://{server}/lab'; '' as its class says");
    add_setting_files(*setting, line->settings);
    on(setting, command, line, set);

    CLI::App* unsetting = verb(*group, "unset", "takes settings of its own away", line);
    unsetting->add_option("NAME", line->names, "e.g. P47 or account1.sip-server")->required();
    on(unsetting, command, line, unset);

    CLI::App* showing = verb(
        *group, "show", "what it is, where it is, and each setting with where it comes from", line);
    showing->add_flag("--effective", line->effective,
                      "also what each setting overrides, and where that comes from");
    showing->add_flag("--reveal", line->reveal, "shows secrets, too");
    on(showing, command, line, show);

    on(verb(*group, "remove", "takes it and its files away", line), command, line, remove);

    on(verb(*group, "explain", "what DHCP offers it, and why", line), command, line, explain);

    CLI::App* past = verb(*group, "history", "what happened to it, oldest first", line);
    past->add_option("--count", line->count, "at most so many events")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    on(past, command, line, history);
    return group;
}

} // namespace plugtone::ctl
