#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"

namespace plugtone::ctl {

namespace {

struct EnrolmentLine {
    std::string mac;
    std::string class_name;
    std::string label;
    SettingOptions settings;
    bool rotate = false;
    bool all = false;
};
using Line = std::shared_ptr<EnrolmentLine>;
using Action = Done (*)(const Command&, Client&, const EnrolmentLine&);

Result<Mac> mac_of(const EnrolmentLine& line) {
    return Mac::parse(line.mac);
}

Done adopt(const Command& command, Client& client, const EnrolmentLine& line) {
    const auto mac = mac_of(line);
    if (!mac)
        return tl::unexpected(mac.error());
    const auto settings = read_settings(line.settings);
    if (!settings)
        return tl::unexpected(settings.error());
    const auto [path, notes] =
        client.enrolment()->AdoptDevice(mac->text(), line.class_name, line.label, *settings);
    print_notes(command, notes);
    const std::string class_name = client.device(*mac)->Class();
    say(command, "device " + mac->text() + " adopted, class " + class_name,
        {{"mac", mac->text()}, {"class", class_name}, {"notes", notes}});
    return {};
}

Done rebootstrap(const Command& command, Client& client, const EnrolmentLine& line) {
    const auto mac = mac_of(line);
    if (!mac)
        return tl::unexpected(mac.error());
    client.enrolment()->Rebootstrap(mac->text());
    say(command,
        "device " + mac->text() + ": its XML password goes out until it has fetched its file",
        {{"mac", mac->text()}, {"done", true}});
    return {};
}

Done rotate(const Command& command, Client& client, const EnrolmentLine& line) {
    std::vector<std::string> macs;
    if (!line.all) {
        const auto mac = mac_of(line);
        if (!mac)
            return tl::unexpected(mac.error());
        macs = {mac->text()};
    }
    const auto [begun, notes] = client.enrolment()->RotatePasswords(macs);
    print_notes(command, notes);
    say(command,
        line.all ? std::to_string(begun.size()) + " devices get a new XML password"
                 : "device " + macs.front() + " gets a new XML password with its next fetch",
        {{"rotating", begun}, {"notes", notes}});
    return {};
}

Done secret(const Command& command, Client& client, const EnrolmentLine& line) {
    if (line.all && !line.rotate)
        return fail("device secret: --all goes with --rotate only");
    if (line.rotate)
        return rotate(command, client, line);
    const auto mac = mac_of(line);
    if (!mac)
        return tl::unexpected(mac.error());
    return on_known("device " + mac->text(), "device list", [&]() -> Done {
        const std::string password = client.device(*mac)->Secret();
        say(command, password, {{"mac", mac->text()}, {"xml_password", password}});
        return {};
    });
}

CLI::App* verb(CLI::App& group, Command& command, const char* name, const char* what,
               const Line& line, Action action) {
    CLI::App* app = group.add_subcommand(name, what);
    app->callback([&command, line, action] {
        command.run = [&command, line, action](Client& client) {
            return action(command, client, *line);
        };
    });
    return app;
}

} // namespace

Done list_unknown(const Command& command, Client& client) {
    nlohmann::json json = nlohmann::json::array();
    std::vector<Row> rows;
    for (const auto& phone : client.enrolment()->UnknownDevices()) {
        const auto& [mac, class_name, address, vendor_class, state, first_seen, last_seen] =
            static_cast<const std::tuple<std::string, std::string, std::string, std::string,
                                         std::string, std::int64_t, std::int64_t>&>(phone);
        json.push_back({{"mac", mac},
                        {"class", class_name},
                        {"address", address},
                        {"vendor_class", vendor_class},
                        {"state", state},
                        {"first_seen", first_seen},
                        {"last_seen", last_seen}});
        rows.push_back({mac, class_name, state, address, time_text(first_seen),
                        time_text(last_seen), vendor_class});
    }
    if (command.json)
        print_json(json);
    else
        print_table({"MAC", "CLASS", "STATE", "ADDRESS", "FIRST SEEN", "LAST SEEN", "SAYS IT IS"},
                    rows);
    return {};
}

void declare_enrolment_commands(CLI::App& group, Command& command) {
    const Line line = std::make_shared<EnrolmentLine>();
    constexpr const char* example = "e.g. 000b82123456 or 00:0b:82:12:34:56";

    CLI::App* adopting =
        verb(group, command, "adopt", "makes a device of a phone that was seen", line, adopt);
    adopting->add_option("MAC", line->mac, "as 'device list --unknown' shows it")->required();
    adopting->add_option("--class", line->class_name, "its class (default: as it is recognised)");
    adopting->add_option("--label", line->label, "for people");
    adopting->add_option("--set", line->settings.set, "NAME=VALUE, any number of times")
        ->allow_extra_args(false);
    add_setting_files(*adopting, line->settings);

    verb(group, command, "rebootstrap", "brings it its XML password once more", line, rebootstrap)
        ->add_option("MAC", line->mac, example)
        ->required();

    CLI::App* showing =
        verb(group, command, "secret", "its XML password (P1359), or a new one", line, secret);
    showing->add_option("MAC", line->mac, example);
    showing->add_flag("--rotate", line->rotate, "makes it a new one");
    showing->add_flag("--all", line->all, "with --rotate: all devices");
}

} // namespace plugtone::ctl
