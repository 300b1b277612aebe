// plugtonectl system: the appliance's own software, by RAUC's D-Bus service (de.pengutronix.rauc),
// and its way back to the factory's state. Needs no agent.
#include <filesystem>

#include <unistd.h>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "agent/ctl/progress_line.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/contracts/durable.hpp"

namespace plugtone::ctl {

namespace {

constexpr const char* rauc_name = "de.pengutronix.rauc";
constexpr const char* installer = "de.pengutronix.rauc.Installer";
constexpr const char* version_file = "/usr/lib/appliance-version";
// The initramfs makes the data partition anew when it finds this
// (image/rootfs/etc/initramfs-tools).
constexpr const char* reset_file = "/var/.factory-reset";
constexpr std::size_t version_size_max = 1024;
constexpr mode_t reset_mode = 0600;
constexpr std::uint64_t whole_percent = 100;

struct ApplianceLine {
    std::string bundle;
    bool yes = false;
    bool reboot = false;
};
using Line = std::shared_ptr<ApplianceLine>;

Done need_appliance() {
    if (!std::filesystem::exists(version_file))
        return fail("this machine is no Plugtone appliance (there is no " +
                    std::string(version_file) + "); packages are updated by apt");
    if (::geteuid() != 0)
        return fail("the appliance's software is root's to change");
    return {};
}

class Rauc {
public:
    Rauc()
        : connection_(sdbus::createSystemBusConnection()),
          proxy_(sdbus::createProxy(*connection_, bus::ServiceName(rauc_name),
                                    sdbus::ObjectPath("/"))) {}

    // slot's name → what RAUC says of it
    std::map<std::string, Properties> slots() {
        std::vector<sdbus::Struct<std::string, Properties>> all;
        proxy_->callMethod("GetSlotStatus").onInterface(installer).storeResultsTo(all);
        std::map<std::string, Properties> found;
        for (const auto& one : all)
            found.emplace(std::get<0>(one), std::get<1>(one));
        return found;
    }
    std::string primary() {
        std::string slot;
        proxy_->callMethod("GetPrimary").onInterface(installer).storeResultsTo(slot);
        return slot;
    }
    template <class T>
    T property(const char* name) {
        return proxy_->getProperty(name).onInterface(installer).template get<T>();
    }
    void install(const std::string& bundle) {
        proxy_->callMethod("InstallBundle")
            .onInterface(installer)
            .withArguments(bundle, Properties{});
    }
    void mark(const std::string& state, const std::string& slot) {
        proxy_->callMethod("Mark").onInterface(installer).withArguments(state, slot);
    }
    void wait() { wait_for_message(*connection_); }

private:
    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<sdbus::IProxy> proxy_;
};

std::string text(const Properties& properties, const char* name) {
    const auto found = properties.find(name);
    return found == properties.end() ? "" : found->second.get<std::string>();
}

// In systemd's order; the next boot is GRUB's to choose.
Done restart() {
    const auto connection = sdbus::createSystemBusConnection();
    const auto proxy = sdbus::createProxy(*connection, bus::ServiceName("org.freedesktop.systemd1"),
                                          sdbus::ObjectPath("/org/freedesktop/systemd1"));
    proxy->callMethod("StartUnit")
        .onInterface("org.freedesktop.systemd1.Manager")
        .withArguments(std::string("reboot.target"), std::string("replace-irreversibly"));
    return {};
}

Done update(const Command& command, const ApplianceLine& line) {
    if (const Done can = need_appliance(); !can)
        return can;
    std::error_code unreadable;
    const std::string path = std::filesystem::canonical(line.bundle, unreadable);
    if (unreadable)
        return fail(line.bundle + ": " + unreadable.message() + "; want a .raucb file here");
    Rauc rauc;
    rauc.install(path);
    using Progress = sdbus::Struct<std::int32_t, std::string, std::int32_t>;
    {
        ProgressLine progress;
        while (rauc.property<std::string>("Operation") != "idle") {
            const auto now = rauc.property<Progress>("Progress");
            progress.show(static_cast<std::uint64_t>(std::max(0, std::get<0>(now))), whole_percent);
            rauc.wait();
        }
    }
    if (const auto why = rauc.property<std::string>("LastError"); !why.empty())
        return fail(line.bundle + " was not installed, nothing has changed: " + why);
    const std::string slot = rauc.primary();
    say(command,
        "installed into " + slot +
            (line.reboot ? "; restarting"
                         : "; 'systemctl reboot' starts it on trial: if it serves no phone within "
                           "five minutes, what runs now comes back"),
        {{"slot", slot}, {"done", true}});
    return line.reboot ? restart() : Done{};
}

Done status(const Command& command, const ApplianceLine&) {
    const auto version = read_file(version_file, version_size_max);
    if (!version)
        return need_appliance();
    Rauc rauc;
    const std::string next = rauc.primary();
    nlohmann::json json = {{"version", trim(as_text(*version))},
                           {"slots", nlohmann::json::array()}};
    std::vector<Row> rows;
    for (const auto& [name, slot] : rauc.slots()) {
        const bool boots_next = name == next;
        json["slots"].push_back({{"slot", name},
                                 {"boot_name", text(slot, "bootname")},
                                 {"state", text(slot, "state")},
                                 {"boot_status", text(slot, "boot-status")},
                                 {"version", text(slot, "bundle.version")},
                                 {"installed", text(slot, "installed.timestamp")},
                                 {"boots_next", boots_next}});
        rows.push_back({name, text(slot, "bootname"), text(slot, "state"),
                        text(slot, "boot-status"), text(slot, "bundle.version"),
                        boots_next ? "boots next" : ""});
    }
    if (command.json) {
        print_json(json);
        return {};
    }
    print_pairs({{"version", json["version"].get<std::string>()}});
    print_table({"SLOT", "BOOT", "STATE", "STATUS", "INSTALLED", ""}, rows);
    return {};
}

Done rollback(const Command& command, const ApplianceLine& line) {
    if (const Done can = need_appliance(); !can)
        return can;
    Rauc rauc;
    for (const auto& [name, slot] : rauc.slots()) {
        if (text(slot, "state") == "booted")
            continue;
        if (text(slot, "boot-status") != "good")
            return fail("the other slot, " + name +
                        ", is not known to be good: nothing has "
                        "changed; 'plugtonectl system status' shows both");
    }
    rauc.mark("active", "other");
    say(command,
        std::string("the other slot boots next") +
            (line.reboot ? "; restarting" : "; 'systemctl reboot' starts it"),
        {{"slot", rauc.primary()}, {"done", true}});
    return line.reboot ? restart() : Done{};
}

Done factory_reset(const Command& command, const ApplianceLine& line) {
    if (const Done can = need_appliance(); !can)
        return can;
    if (!line.yes)
        return fail("all devices, secrets, firmware and settings of this appliance would be gone "
                    "for good, and only plugtone.env on the ESP would stay: say --yes");
    if (const Done marked = write_file(reset_file, {}, reset_mode, Durability::durable); !marked)
        return marked;
    say(command, "the data partition is made anew at the restart; restarting", {{"done", true}});
    return restart();
}

} // namespace

void declare_appliance_commands(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("system", "the appliance's own software");
    group->require_subcommand(1);
    const auto line = std::make_shared<ApplianceLine>();
    const auto verb = [&](const char* name, const char* what, auto action) {
        CLI::App* made = group->add_subcommand(name, what);
        made->callback([&command, line, action] {
            command.run_alone = [&command, line, action] { return action(command, *line); };
        });
        return made;
    };
    const auto with_reboot = [&](CLI::App* made) {
        made->add_flag("--reboot", line->reboot, "and restarts at once");
        return made;
    };
    with_reboot(verb("update", "installs a signed bundle into the slot that does not run", update))
        ->add_option("FILE", line->bundle, "plugtone.raucb, on this machine")
        ->required();
    verb("status", "what runs, what is in the other slot, what boots next", status);
    with_reboot(verb("rollback", "the other slot boots next", rollback));
    verb("factory-reset", "forgets all devices, secrets, firmware and settings", factory_reset)
        ->add_flag("--yes", line->yes, "they are to be gone");
}

} // namespace plugtone::ctl
