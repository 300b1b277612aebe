// plugtonectl firmware: what was imported, and who is pinned to it.
#include <fcntl.h>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "core/base/fd.hpp"
#include "core/base/text.hpp"

namespace plugtone::ctl {

namespace {

struct FirmwareLine {
    std::string file;
    std::string model;
    std::string version;
    std::optional<std::string> prefix;
    std::optional<std::string> postfix;
    std::uint64_t id = 0;
    std::string mac;
    std::string class_name;
};
using Line = std::shared_ptr<FirmwareLine>;

std::string firmware_path(std::uint64_t id) {
    return "/org/plugtone1/firmware/" + std::to_string(id);
}

nlohmann::json firmware_json(const Properties& properties) {
    const auto text = [&](const char* name) { return properties.at(name).get<std::string>(); };
    nlohmann::json json = {{"id", properties.at("Id").get<std::uint64_t>()},
                           {"model", text("Model")},
                           {"version", text("Version")},
                           {"prefix", text("Prefix")},
                           {"postfix", text("Postfix")},
                           {"imported", properties.at("Imported").get<std::int64_t>()},
                           {"files", nlohmann::json::array()},
                           {"pinned", nlohmann::json::array()}};
    using Files = std::vector<sdbus::Struct<std::string, std::uint64_t, std::string>>;
    for (const auto& file : properties.at("Files").get<Files>())
        json["files"].push_back({{"name", std::get<0>(file)},
                                 {"size", std::get<1>(file)},
                                 {"sha256", std::get<2>(file)}});
    return json;
}

Done list(const Command& command, Client& client, const FirmwareLine&) {
    std::map<std::uint64_t, nlohmann::json> by_id;
    for (const auto& [path, properties] : client.objects("org.plugtone1.Firmware")) {
        nlohmann::json one = firmware_json(properties);
        by_id.emplace(one["id"].get<std::uint64_t>(), std::move(one));
    }
    for (const auto& pin : client.manager().FirmwarePins())
        if (const auto found = by_id.find(std::get<2>(pin)); found != by_id.end())
            found->second["pinned"].push_back(std::get<0>(pin) + " " + std::get<1>(pin));
    nlohmann::json all = nlohmann::json::array();
    std::vector<Row> rows;
    for (const auto& [id, one] : by_id) {
        all.push_back(one);
        std::string files;
        for (const auto& file : one["files"])
            files += (files.empty() ? "" : " ") + file["name"].get<std::string>();
        rows.push_back({std::to_string(id), one["model"].get<std::string>(),
                        one["version"].get<std::string>(),
                        one["prefix"].get<std::string>() + "@" + one["postfix"].get<std::string>(),
                        files, joined(one["pinned"].get<std::vector<std::string>>())});
    }
    if (command.json)
        print_json(all);
    else
        print_table({"ID", "MODEL", "VERSION", "SHELF", "FILES", "PINNED"}, rows);
    return {};
}

Done import(const Command& command, Client& client, const FirmwareLine& line) {
    const Fd file(::open(line.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file)
        return fail_errno("cannot open " + line.file);
    Properties options;
    if (line.prefix)
        options.emplace("Prefix", sdbus::Variant(*line.prefix));
    if (line.postfix)
        options.emplace("Postfix", sdbus::Variant(*line.postfix));
    const auto job = client.manager().ImportFirmware(sdbus::UnixFd(file.get()),
                                                     line.file.substr(line.file.rfind('/') + 1),
                                                     line.model, line.version, options);
    const nlohmann::json made = client.wait_for_job(job);
    print_notes(command, made["notes"].get<std::vector<std::string>>());
    std::string names;
    for (const auto& served : made["files"])
        names += " /" + served["served"].get<std::string>();
    say(command,
        "firmware " + std::to_string(made["id"].get<std::uint64_t>()) + ": " +
            made["model"].get<std::string>() + " " + made["version"].get<std::string>() +
            ", served as" + names,
        made);
    return {};
}

Done remove(const Command& command, Client& client, const FirmwareLine& line) {
    client.firmware(firmware_path(line.id))->Remove();
    say(command, "firmware " + std::to_string(line.id) + " removed",
        {{"id", line.id}, {"done", true}});
    return {};
}

Result<std::string> target(const FirmwareLine& line) {
    if (line.mac.empty() == line.class_name.empty())
        return fail("want either --device MAC or --class NAME");
    return line.mac.empty() ? "class " + line.class_name : "device " + line.mac;
}

Done pin(const Command& command, Client& client, const FirmwareLine& line) {
    const auto whom = target(line);
    if (!whom)
        return tl::unexpected(whom.error());
    client.firmware(firmware_path(line.id))->Pin(line.mac, line.class_name);
    say(command, *whom + " is pinned to firmware " + std::to_string(line.id),
        {{"id", line.id}, {"whom", *whom}, {"done", true}});
    return {};
}

Done unpin(const Command& command, Client& client, const FirmwareLine& line) {
    const auto whom = target(line);
    if (!whom)
        return tl::unexpected(whom.error());
    client.manager().UnpinFirmware(line.mac, line.class_name);
    say(command, *whom + " is pinned to no firmware of its own any more",
        {{"whom", *whom}, {"done", true}});
    return {};
}

using Action = Done (*)(const Command&, Client&, const FirmwareLine&);

CLI::App* verb(CLI::App& group, Command& command, const Line& line, const char* name,
               const char* what, Action action) {
    CLI::App* made = group.add_subcommand(name, what);
    made->callback([&command, line, action] {
        command.run = [&command, line, action](Client& client) -> Done {
            return on_known("firmware " + std::to_string(line->id), "firmware list",
                            [&] { return action(command, client, *line); });
        };
    });
    return made;
}

void add_target(CLI::App& app, const Line& line) {
    app.add_option("--device", line->mac, "of one device: its MAC");
    app.add_option("--class", line->class_name, "of all devices of this class");
}

} // namespace

void declare_firmware_commands(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("firmware", "firmware, and who is pinned to which");
    group->require_subcommand(1);
    const Line line = std::make_shared<FirmwareLine>();
    verb(*group, command, line, "list", "all of it", list);
    CLI::App* importing =
        verb(*group, command, line, "import", "takes the vendor's archive, or a bare .bin", import);
    importing->add_option("FILE", line->file, "zip, tar in any usual compression, or .bin")
        ->required();
    importing->add_option("--model", line->model, "as the phones report it, e.g. GXP2160")
        ->required();
    importing->add_option("--version", line->version, "e.g. 1.0.11.40")->required();
    importing->add_option("--prefix", line->prefix, "of its names (P232); by default MODEL_");
    importing->add_option("--postfix", line->postfix, "of its names (P233); by default _VERSION");
    verb(*group, command, line, "remove", "takes it away", remove)
        ->add_option("ID", line->id, "as 'firmware list' shows it")
        ->required();
    CLI::App* pinning =
        verb(*group, command, line, "pin", "tells a device, or a class, to load it", pin);
    pinning->add_option("ID", line->id, "as 'firmware list' shows it")->required();
    add_target(*pinning, line);
    add_target(*verb(*group, command, line, "unpin", "takes a pin away", unpin), line);
}

} // namespace plugtone::ctl
