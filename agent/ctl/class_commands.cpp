#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/classes/class_file.hpp"

namespace plugtone::ctl {

namespace {

constexpr const char* class_interface = "org.plugtone1.DeviceClass";

nlohmann::json class_json(const Properties& properties) {
    const auto text = [&](const char* name) { return properties.at(name).get<std::string>(); };
    return {{"name", text("Name")},
            {"title", text("Title")},
            {"vendor", text("Vendor")},
            {"origin", text("Origin")},
            {"url", text("Url")},
            {"options", properties.at("Options").get<std::vector<std::uint8_t>>()},
            {"config_prefix", text("ConfigPrefix")},
            {"config_postfix", text("ConfigPostfix")},
            {"firmware", properties.at("Firmware").get<std::vector<std::string>>()},
            {"access", text("Access")},
            {"http_auth", text("HttpAuth")},
            {"legacy_tls", properties.at("LegacyTls").get<bool>()},
            {"client_anchors", text("ClientAnchors")},
            {"client_revoked", text("ClientRevoked")},
            {"bootstrap", text("Bootstrap")},
            {"family", text("Family")},
            {"models", properties.at("Models").get<std::vector<std::string>>()},
            {"files", properties.at("Files").get<std::map<std::string, std::string>>()},
            {"defaults", properties.at("Defaults").get<std::map<std::string, std::string>>()}};
}

std::string listed(const nlohmann::json& list) {
    std::vector<std::string> texts;
    for (const auto& item : list)
        texts.push_back(item.is_string() ? item.get<std::string>() : item.dump());
    return joined(texts);
}

Done list(const Command& command, Client& client) {
    nlohmann::json json = nlohmann::json::array();
    std::vector<Row> rows;
    for (const auto& [path, properties] : client.objects(class_interface)) {
        json.push_back(class_json(properties));
        const nlohmann::json& one = json.back();
        rows.push_back({one["name"].get<std::string>(), listed(one["options"]),
                        one["url"].get<std::string>(), one["title"].get<std::string>()});
    }
    if (command.json)
        print_json(json);
    else
        print_table({"CLASS", "OPTIONS", "URL", "TITLE"}, rows);
    return {};
}

void print_class(const nlohmann::json& one) {
    std::string defaults;
    for (const auto& [name, value] : one["defaults"].items())
        defaults += (defaults.empty() ? "" : " ") + name + "=" + value.get<std::string>();
    std::string files;
    for (const auto& [name, form] : one["files"].items())
        files += (files.empty() ? "" : ", ") + name + " (" + form.get<std::string>() + ")";
    const auto text = [&](const char* name) { return one[name].get<std::string>(); };
    print_pairs({{"class", text("name")},
                 {"title", text("title")},
                 {"vendor", text("vendor")},
                 {"family", text("family")},
                 {"models", listed(one["models"])},
                 {"files", files},
                 {"from", text("origin")},
                 {"url", text("url")},
                 {"options", listed(one["options"])},
                 {"config prefix", text("config_prefix")},
                 {"config postfix", text("config_postfix")},
                 {"firmware", listed(one["firmware"])},
                 {"access", text("access")},
                 {"HTTP password", text("http_auth")},
                 {"old TLS", one["legacy_tls"].get<bool>() ? "allowed" : "refused"},
                 {"trust anchors", text("client_anchors")},
                 {"revocation list", text("client_revoked")},
                 {"bootstrap", text("bootstrap")},
                 {"defaults", defaults}});
}

Done show(const Command& command, Client& client, const std::string& name) {
    for (const auto& [path, properties] : client.objects(class_interface)) {
        const nlohmann::json one = class_json(properties);
        if (one["name"] != name)
            continue;
        if (command.json)
            print_json(one);
        else
            print_class(one);
        return {};
    }
    return fail(ErrorKind::not_found,
                "no class '" + printable(name) + "'; 'plugtonectl class list' shows all");
}

// A file of classes, as the agent and Kea's hook would read it; needs no agent.
Done check(const Command& command, const std::string& file) {
    const auto bytes = read_file(file, class_file_size_max);
    if (!bytes)
        return tl::unexpected(bytes.error());
    const auto classes = parse_class_file(file, *bytes);
    if (!classes)
        return tl::unexpected(classes.error());
    std::string names;
    nlohmann::json json = {{"file", file}, {"classes", nlohmann::json::array()}};
    for (const DeviceClass& device_class : *classes) {
        names += " " + device_class.name;
        json["classes"].push_back(device_class.name);
    }
    say(command,
        file + ": good, " + std::to_string(classes->size()) +
            (classes->size() == 1 ? " class:" : " classes:") + names,
        json);
    return {};
}

} // namespace

void declare_class_commands(CLI::App& app, Command& command) {
    CLI::App* group =
        app.add_subcommand("class", "how phones are recognised and what they are told");
    group->require_subcommand(1);
    group->add_subcommand("list", "all of them")->callback([&command] {
        command.run = [&command](Client& client) { return list(command, client); };
    });
    const auto name = std::make_shared<std::string>();
    CLI::App* checking =
        group->add_subcommand("check", "reads a file of classes, and says what is wrong");
    checking->add_option("FILE", *name, "e.g. /etc/plugtone/classes.d/ours.xml")->required();
    checking->callback([&command, name] {
        command.run_alone = [&command, name] { return check(command, *name); };
    });
    declare_class_setting_commands(*group, command);
    CLI::App* showing = group->add_subcommand("show", "one of them");
    showing->add_option("NAME", *name, "e.g. grandstream-gxp")->required();
    showing->callback([&command, name] {
        command.run = [&command, name](Client& client) { return show(command, client, *name); };
    });
}

} // namespace plugtone::ctl
