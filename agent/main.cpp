// plugtone-agent: the D-Bus service that knows every device and makes its files (docs/agent.md).
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <sys/prctl.h>
#include <systemd/sd-daemon.h>

#include "agent/database.hpp"
#include "agent/job_object.hpp"
#include "agent/loop.hpp"
#include "agent/sdbus_version.hpp"
#include "core/base/log.hpp"
#include "core/contracts/tree.hpp"

namespace {

using namespace plugtone;

constexpr int usage_status = 2;

struct Settings {
    std::string root = "/srv/plugtone";
    std::string database = "/var/lib/plugtone/plugtone.db";
    std::string events = "/run/plugtone/events.sock";
    std::vector<std::string> classes = {"/usr/share/plugtone/classes.d", "/etc/plugtone/classes.d"};
    std::vector<std::string> parameters = {"/usr/share/plugtone/parameters.d",
                                           "/etc/plugtone/parameters.d"};
    std::string encoder_socket = "/run/plugtone/encoder.sock";
    std::string kea_socket = "/run/plugtone/kea.sock";
    std::string master_key;
    std::string firmware_server;
    std::string site;
    std::string own_database = "/var/lib/plugtone/plugtone.db";
    std::string log_level = "info";
};

// Of that second, by this machine's clock and time zone.
unsigned minute_of_day(Seconds now) {
    const std::time_t when = now;
    std::tm parts{};
    ::localtime_r(&when, &parts);
    return static_cast<unsigned>(parts.tm_hour * 60 + parts.tm_min);
}

// Where systemd puts what LoadCredential= unsealed.
std::string usual_master_key() {
    const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
    return credentials == nullptr ? "/var/lib/plugtone/master.key"
                                  : std::string(credentials) + "/master.key";
}

void declare_options(CLI::App& app, Settings& settings) {
    app.set_config("--config", "", "read these options from a file: option = value lines");
    app.allow_config_extras(false);
    app.add_option("--root", settings.root, "the served tree")->capture_default_str();
    app.add_option("--database", settings.database,
                   "the inventory: a file, or the fleet's, postgresql://HOST/NAME")
        ->capture_default_str();
    app.add_option("--own-database", settings.own_database,
                   "with a fleet's database: this appliance's copy of its part, and its journal")
        ->capture_default_str();
    app.add_option("--site", settings.site, "this branch's name in the fleet's database");
    app.add_option("--events", settings.events, "socket that events come in at")
        ->capture_default_str();
    app.add_option("--classes", settings.classes,
                   "folders of device classes; later ones replace earlier ones")
        ->capture_default_str();
    app.add_option("--parameters", settings.parameters,
                   "folders of parameter dictionaries; later ones replace earlier ones")
        ->capture_default_str();
    app.add_option("--encoder-socket", settings.encoder_socket,
                   "socket of the unit that runs the classes' legacy encoders")
        ->capture_default_str();
    app.add_option("--kea-socket", settings.kea_socket,
                   "Kea's control socket; empty: there is no Kea to tell")
        ->capture_default_str();
    app.add_option("--master-key", settings.master_key,
                   "32 bytes that seal the secrets; made if it is not there (default: "
                   "$CREDENTIALS_DIRECTORY/master.key, else /var/lib/plugtone/master.key)");
    app.add_option(
        "--firmware-server", settings.firmware_server,
        "what phones that are pinned to a firmware are told as P192, HOST[:PORT][/PATH]; "
        "empty: nothing");
    app.add_option("--log-level", settings.log_level, "debug, info, warning or error")
        ->capture_default_str();
}

Done check_fleet(const Settings& settings) {
    if (!is_fleet_url(settings.database))
        return {};
    if (auto good = check_site_name(settings.site); !good)
        return good;
    return check_fleet_url(settings.database);
}

void reload(ManagerObject& manager) {
    try {
        if (auto reloaded = manager.reload(); !reloaded)
            log(Level::error, "reload-failed", {{"why", reloaded.error().message}});
    } catch (const std::exception& error) {
        // The database, or the bus, is out of order: what is served stays as it is.
        log(Level::error, "reload-failed", {{"why", error.what()}});
    }
}

void log_problems(const Pipeline& pipeline) {
    for (const std::string& problem : pipeline.problems())
        log(Level::error, "definition-file-bad", {{"problem", problem}});
}

Done serve(const Settings& settings, const Fd& signals) {
    auto box = SecretBox::from_file(settings.master_key);
    if (!box)
        return tl::unexpected(box.error());
    const bool in_fleet = is_fleet_url(settings.database);
    if (auto good = check_fleet(settings); !good)
        return good;
    Inventory inventory(in_fleet ? settings.own_database : settings.database, *box);
    DeviceStates states(inventory.database());
    Journal journal(inventory.database());
    Publisher publisher(settings.root, Sealer(*box, settings.encoder_socket));
    KeaClient kea(settings.kea_socket);
    auto events = EventSocket::open(settings.events);
    if (!events)
        return tl::unexpected(events.error());

    ManagerObject* on_bus = nullptr;
    Pipeline pipeline(
        inventory, publisher, states, {settings.classes, settings.parameters},
        [&on_bus](Generation generation, const std::string& what, const Scope& scope) {
            log(Level::info, "published",
                {{"generation", std::to_string(generation)}, {"change", what}});
            if (on_bus != nullptr)
                on_bus->published(generation, what, scope);
        });
    pipeline.set_firmware_server(settings.firmware_server);
    log_problems(pipeline);
    Jobs jobs;
    const std::string firmware_folder = settings.root + "/" + std::string(tree::firmware_folder);
    recover_firmware(inventory.firmware(), firmware_folder); // pins ask what is there
    if (auto started = pipeline.start(); !started)
        return started;
    Operations operations(pipeline);
    std::optional<FleetMember> fleet;
    if (in_fleet) {
        fleet.emplace(FleetMember::Settings{settings.database, settings.site}, *box, pipeline);
        if (auto joined = fleet->join(); !joined)
            return joined;
    }
    Rollouts rollouts(pipeline, minute_of_day);
    FirmwareDesk firmware(pipeline, jobs, rollouts, firmware_folder);

    const auto connection = sdbus::createSystemBusConnection();
    BusGate gate(*connection);
    ManagerObject manager(*connection, operations, states, journal, kea, firmware,
                          [&] { return events->malformed(); });
    on_bus = &manager;
    const JobObjects job_objects(*connection, jobs);
    FirmwareObjects firmware_objects(*connection, firmware);
    connection->requestName(bus::ServiceName(bus_name));
    Recorder recorder(journal, states, pipeline);
    sd_notify(0, "READY=1");
    const auto ended = run_loop({*connection, gate, *events, recorder, manager, kea, jobs, rollouts,
                                 firmware_objects, fleet ? &*fleet : nullptr},
                                signals, [&manager] { reload(manager); });
    on_bus = nullptr;
    sd_notify(0, "STOPPING=1");
    return ended;
}

int run(int argc, char** argv) {
    Settings settings;
    settings.master_key = usual_master_key();
    CLI::App app("plugtone-agent: knows every device, makes its files, keeps the journal");
    declare_options(app, settings);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : usage_status;
    }
    if (!set_log_level(settings.log_level)) {
        std::fprintf(stderr, "plugtone-agent: log-level: want debug, info, warning or error\n");
        return usage_status;
    }
    // No secret in a core dump.
    ::prctl(PR_SET_DUMPABLE, 0);
    const auto signals = open_signals();
    const Done done = signals ? serve(settings, *signals) : tl::unexpected(signals.error());
    if (!done) {
        log(Level::error, "agent-failed", {{"why", done.error().message}});
        return 1;
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        plugtone::log(plugtone::Level::error, "agent-failed", {{"why", error.what()}});
        return 1;
    }
}
