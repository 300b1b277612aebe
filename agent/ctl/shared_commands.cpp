// Settings of many phones: the site's, and those of a class.
#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "core/base/text.hpp"

namespace plugtone::ctl {

namespace {

using Rows = std::vector<sdbus::Struct<std::string, std::string, std::string, bool, bool>>;

struct SharedLine {
    std::string class_name; // empty: the site
    SettingOptions settings;
    ExportOptions output;
    std::vector<std::string> names;
    bool is_public = false;
    bool reveal = false;
};
using Line = std::shared_ptr<SharedLine>;

// Whose settings the line is about: the two have the same methods, at different objects.
class Owner {
public:
    static Result<Owner> find(Client& client, const std::string& class_name) {
        if (class_name.empty())
            return Owner(client, nullptr);
        auto found = client.device_class(class_name);
        if (!found)
            return fail(ErrorKind::not_found, "no class '" + printable(class_name) +
                                                  "'; 'plugtonectl class list' shows all");
        return Owner(client, std::move(found));
    }

    Rows parameters(bool reveal) {
        return class_ ? class_->Parameters(reveal) : client_->manager().Site(reveal);
    }
    std::vector<std::string> set(const std::map<std::string, std::string>& settings,
                                 bool is_public) {
        return class_ ? class_->Set(settings, is_public)
                      : client_->manager().SetSite(settings, is_public);
    }
    void unset(const std::vector<std::string>& names) {
        if (class_)
            class_->Unset(names);
        else
            client_->manager().UnsetSite(names);
    }

private:
    Owner(Client& client, std::unique_ptr<ClassOnBus> of)
        : client_(&client), class_(std::move(of)) {}

    Client* client_;
    std::unique_ptr<ClassOnBus> class_;
};

std::string title(const SharedLine& line) {
    return line.class_name.empty() ? "site" : "class " + line.class_name;
}

Done show(const Command& command, Owner& owner, const SharedLine& line) {
    nlohmann::json json = nlohmann::json::object();
    std::vector<Row> rows;
    for (const auto& row : owner.parameters(line.reveal)) {
        const auto& [number, name, value, secret, is_public] =
            static_cast<const std::tuple<std::string, std::string, std::string, bool, bool>&>(row);
        const std::string shown = secret && !line.reveal ? hidden : value;
        json[number] = {{"value", shown}, {"public", is_public}, {"name", name}};
        rows.push_back({number, name, is_public ? "yes" : "no", shown});
    }
    if (command.json)
        print_json(json);
    else
        print_table({"NUMBER", "NAME", "PUBLIC", "VALUE"}, rows);
    return {};
}

Done set(const Command& command, Owner& owner, const SharedLine& line) {
    const auto settings = read_settings(line.settings);
    if (!settings)
        return tl::unexpected(settings.error());
    const auto notes = owner.set(*settings, line.is_public);
    print_notes(command, notes);
    say(command, title(line) + ": set", {{"done", true}, {"notes", notes}});
    return {};
}

Done unset(const Command& command, Owner& owner, const SharedLine& line) {
    owner.unset(line.names);
    say(command, title(line) + ": unset", {{"done", true}});
    return {};
}

Done write(const Command&, Owner& owner, const SharedLine& line) {
    ParameterSet parameters;
    for (const auto& row : owner.parameters(true))
        if (const auto number = ParameterName::parse(std::get<0>(row)))
            parameters.emplace(*number, std::get<2>(row));
    return write_template(parameters, line.output);
}

using Action = Done (*)(const Command&, Owner&, const SharedLine&);

void on(CLI::App* app, Command& command, const Line& line, Action action) {
    app->callback([&command, line, action] {
        command.run = [&command, line, action](Client& client) -> Done {
            auto owner = Owner::find(client, line->class_name);
            if (!owner)
                return tl::unexpected(owner.error());
            return action(command, *owner, *line);
        };
    });
}

// Declares one verb; for_class: it needs the class's name first.
CLI::App* verb(CLI::App& group, Command& command, const Line& line, bool for_class,
               const char* name, const char* description, Action action) {
    CLI::App* app = group.add_subcommand(name, description);
    if (for_class)
        app->add_option("CLASS", line->class_name, "e.g. grandstream-gxp")->required();
    on(app, command, line, action);
    return app;
}

void declare(CLI::App& group, Command& command, bool for_class) {
    const auto line = std::make_shared<SharedLine>();
    CLI::App* showing =
        verb(group, command, line, for_class, for_class ? "settings" : "show",
             for_class ? "what was set for it, beyond its file" : "all of them", show);
    showing->add_flag("--reveal", line->reveal, "shows secrets, too");

    CLI::App* setting =
        verb(group, command, line, for_class, "set", "changes some and publishes", set);
    setting->add_option("SETTING", line->settings.set,
                        "NAME=VALUE by number, name or alias: P30=192.0.2.1, "
                        "ntp-server=192.0.2.1");
    add_setting_files(*setting, line->settings);
    setting->add_flag("--public", line->is_public,
                      for_class
                          ? "puts them into the class's cfg<model>.xml, too, which anybody "
                            "may read"
                          : "puts them into the generic cfg.xml, too, which anybody may read");

    CLI::App* unsetting =
        verb(group, command, line, for_class, "unset", "takes some away and publishes", unset);
    unsetting->add_option("NAME", line->names, "e.g. P30 or ntp-server")->required();

    add_export_options(*verb(group, command, line, for_class, "export",
                             "as a text template of the vendor's, secrets too", write),
                       line->output);
}

} // namespace

void declare_site_commands(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("site", "settings of every phone of this branch");
    group->require_subcommand(1);
    declare(*group, command, false);
}

void declare_class_setting_commands(CLI::App& group, Command& command) {
    declare(group, command, true);
}

} // namespace plugtone::ctl
