// plugtone-agent: the D-Bus service that knows every device and makes its files (docs/agent.md).
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include "agent/database.hpp"
#include "agent/enrolment_object.hpp"
#include "agent/job_object.hpp"
#include "agent/loop.hpp"
#include "agent/lost_inventory.hpp"
#include "agent/master_key.hpp"
#include "agent/sdbus_version.hpp"
#include "core/base/locked_memory.hpp"
#include "core/base/log.hpp"
#include "core/contracts/tree.hpp"

namespace {

using namespace plugtone;

constexpr int usage_status = 2;
constexpr long long day_s = 24LL * 3600;

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
    JourneyLimits limits;
    JournalLimits journal;
    long long journal_days = 90;
    ResyncLimits resync;
    long long resync_wait_s = 120;
    std::string next_master_key;
    bool rotate_master_key = false;
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

std::string usual_next_key(const std::string& master_key) {
    const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
    const bool is_credential =
        credentials != nullptr && master_key.starts_with(std::string(credentials) + "/");
    return is_credential ? "/var/lib/plugtone/master.key.next" : master_key + ".next";
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
    app.add_option("--next-master-key", settings.next_master_key,
                   "where a new one lies until it takes the old one's place (default: MASTER-KEY "
                   "with '.next' behind; for systemd's credentials "
                   "/var/lib/plugtone/master.key.next)");
    app.add_flag("--rotate-master-key", settings.rotate_master_key,
                 "seal everything under a new key, and end; no agent may be running")
        ->configurable(false);
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

// How phones are watched, and told.
void declare_watch_options(CLI::App& app, Settings& settings) {
    app.add_option("--journal-rows", settings.journal.rows_max, "rows that the journal keeps")
        ->check(CLI::Range(1'000LL, 100'000'000LL))
        ->capture_default_str();
    app.add_option("--journal-days", settings.journal_days, "days that the journal goes back")
        ->check(CLI::Range(1LL, 36'500LL))
        ->capture_default_str();
    const auto limit = [&app](const char* name, long long& seconds, const char* what) {
        app.add_option(name, seconds, what)
            ->check(CLI::Range(1LL, 366LL * day_s))
            ->capture_default_str();
    };
    limit("--stuck-lease", settings.limits.lease_s, "seconds from an offer to the address");
    limit("--stuck-ask", settings.limits.ask_s, "seconds from the address to a request");
    limit("--stuck-fetch", settings.limits.fetch_s, "seconds from a request to its own file");
    limit("--stuck-settle", settings.limits.settle_s,
          "seconds of quiet after its file until it counts as read");
    limit("--stuck-poll", settings.limits.poll_s, "seconds from a publish to the new file");
    app.add_option("--resync-rate", settings.resync.per_second, "NOTIFYs to phones, a second")
        ->check(CLI::Range(1U, 1000U))
        ->capture_default_str();
    app.add_option("--resync-at-once", settings.resync.at_once,
                   "phones that were notified and have not fetched their files yet")
        ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}))
        ->capture_default_str();
    app.add_option("--resync-wait", settings.resync_wait_s,
                   "seconds from a phone's answer to its fetch")
        ->check(CLI::Range(1LL, day_s))
        ->capture_default_str();
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
    for (const std::string& problem : pipeline.file_problems())
        log(Level::error, "definition-file-bad", {{"problem", problem}});
}

MasterKeyFiles key_files(const Settings& settings) {
    return {settings.master_key, settings.next_master_key};
}

Done rotate(const Settings& settings) {
    if (is_fleet_url(settings.database))
        return fail(ErrorKind::refused,
                    "rotate-master-key: a fleet's rows travel sealed under the one key of all its "
                    "appliances, which cannot be replaced by one of them");
    const auto alone = sole_agent(settings.root);
    if (!alone)
        return tl::unexpected(alone.error());
    if (auto done = rotate_master_key(settings.database, key_files(settings)); !done)
        return done;
    log(Level::info, "master-key-rotated", {{"file", settings.master_key}});
    return {};
}

// No secret in a core dump.
void forbid_core_dumps() {
    ::prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
}

// Once: what comes later is in the same plight.
void tell_of_unlocked_memory() {
    if (locked_memory_refused())
        log(Level::warning, "secrets-not-locked",
            {{"why", "RLIMIT_MEMLOCK is too small: secrets may get to the swap"},
             {"do", "LimitMEMLOCK=8M in the unit"}});
}

JournalLimits journal_limits_of(const Settings& settings) {
    JournalLimits limits = settings.journal;
    limits.age_max_s = settings.journal_days * day_s;
    return limits;
}

Result<Notifier> open_notifier(const Settings& settings) {
    ResyncLimits limits = settings.resync;
    limits.fetch_within = std::chrono::seconds(settings.resync_wait_s);
    return Notifier::open(limits);
}

std::vector<std::string> folders_of(const Settings& settings) {
    const auto folder = [](const std::string& file) {
        return std::filesystem::path(file).parent_path().string();
    };
    return {settings.root,
            folder(is_fleet_url(settings.database) ? settings.own_database : settings.database),
            folder(settings.events)};
}

// Of what is published; on_bus: nullptr until there is one to tell.
Pipeline::Published telling(ManagerObject*& on_bus) {
    return [&on_bus](Generation generation, const std::string& what, const Scope& scope) {
        log(Level::info, "published",
            {{"generation", std::to_string(generation)}, {"change", what}});
        if (on_bus != nullptr)
            on_bus->published(generation, what, scope);
    };
}

// None if the inventory is this appliance's alone.
Done join_fleet(std::optional<FleetMember>& fleet, const Settings& settings, const SecretBox& box,
                Pipeline& pipeline) {
    if (!is_fleet_url(settings.database))
        return {};
    fleet.emplace(FleetMember::Settings{settings.database, settings.site}, box, pipeline);
    return fleet->join();
}

std::unique_ptr<sdbus::IConnection> open_bus() {
    try {
        return sdbus::createSystemBusConnection();
    } catch (const sdbus::Error& error) {
        const char* address = std::getenv("DBUS_SYSTEM_BUS_ADDRESS");
        throw std::runtime_error(
            "the bus at " +
            std::string(address == nullptr ? "unix:path=/run/dbus/system_bus_socket" : address) +
            " cannot be reached: " + error.getMessage() +
            "; what is served stays. Is it running (systemctl status dbus)?");
    }
}

Done run_on_bus(const LoopParts& parts, const Fd& signals, ManagerObject*& on_bus) {
    tell_of_unlocked_memory();
    parts.bus.requestName(bus::ServiceName(bus_name));
    sd_notify(0, "READY=1");
    const auto ended = run_loop(parts, signals, [&parts] { reload(parts.manager); });
    on_bus = nullptr;
    sd_notify(0, "STOPPING=1");
    return ended;
}

Done bring_up(Pipeline& pipeline, const Settings& settings, const std::string& firmware_folder) {
    Inventory& inventory = pipeline.inventory();
    if (!is_fleet_url(settings.database)) // the fleet fills an empty one
        if (auto kept = check_inventory_is_kept(inventory, settings.root, settings.database); !kept)
            return kept;
    recover_firmware(inventory.firmware(), firmware_folder); // pins ask what is there
    return pipeline.start();
}

Done work(const Settings& settings, const OpenedInventory& opened, const Fd& signals) {
    Inventory& inventory = *opened.inventory;
    DeviceStates states(inventory.database(), settings.limits, std::time(nullptr));
    const JournalLimits journal_limits = journal_limits_of(settings);
    Journal journal(inventory.database(), journal_limits);
    UnknownPhones unknown(inventory.database());
    EnrolmentPins pins(inventory.database(), opened.box);
    Publisher publisher(settings.root, Sealer(opened.box, settings.encoder_socket));
    KeaClient kea(settings.kea_socket);
    auto events = EventSocket::open(settings.events);
    if (!events)
        return tl::unexpected(events.error());

    auto notifier = open_notifier(settings);
    if (!notifier)
        return tl::unexpected(notifier.error());

    ManagerObject* on_bus = nullptr;
    Pipeline pipeline(inventory, publisher, states, {settings.classes, settings.parameters},
                      telling(on_bus));
    pipeline.set_firmware_server(settings.firmware_server);
    log_problems(pipeline);
    Jobs jobs;
    const std::string firmware_folder = settings.root + "/" + std::string(tree::firmware_folder);
    if (auto started = bring_up(pipeline, settings, firmware_folder); !started)
        return started;
    Operations operations(pipeline);
    std::optional<FleetMember> fleet;
    if (auto joined = join_fleet(fleet, settings, opened.box, pipeline); !joined)
        return joined;
    Rollouts rollouts(pipeline, minute_of_day);
    FirmwareDesk firmware(pipeline, jobs, rollouts, firmware_folder);
    Recorder recorder(journal, states, unknown, pipeline, journal_limits.age_max_s);
    Enrolment enrolment(operations, states, unknown, pins, [] { return std::time(nullptr); });

    const auto connection = open_bus();
    BusGate gate(*connection);
    LongCalls long_calls;
    ManagerObject manager(*connection, long_calls, operations, states, journal, kea, firmware,
                          *notifier, [&] {
                              return ManagerObject::EventCounts{
                                  events->malformed(), recorder.dropped(), recorder.lost()};
                          });
    manager.set_folders(folders_of(settings));
    on_bus = &manager;
    const JobObjects job_objects(*connection, jobs);
    FirmwareObjects firmware_objects(*connection, long_calls, firmware);
    const LoopParts parts{
        *connection, gate, long_calls, *events,          recorder,  manager,
        kea,         jobs, rollouts,   firmware_objects, *notifier, fleet ? &*fleet : nullptr};
    const EnrolmentObject enrolment_object(*connection, long_calls, enrolment, inventory,
                                           [&parts] { take_events(parts); });
    pipeline.set_meanwhile([&parts] { meanwhile(parts); });
    kea.set_meanwhile([&parts] { meanwhile(parts); });
    return run_on_bus(parts, signals, on_bus);
}

Done serve(const Settings& settings, const Fd& signals) {
    if (auto good = check_fleet(settings); !good)
        return good;
    const auto alone = sole_agent(settings.root);
    if (!alone)
        return tl::unexpected(alone.error());
    const auto opened =
        open_inventory(is_fleet_url(settings.database) ? settings.own_database : settings.database,
                       key_files(settings));
    return opened ? work(settings, *opened, signals) : tl::unexpected(opened.error());
}

int run(int argc, char** argv) {
    Settings settings;
    settings.master_key = usual_master_key();
    CLI::App app("plugtone-agent: knows every device, makes its files, keeps the journal");
    declare_options(app, settings);
    declare_watch_options(app, settings);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : usage_status;
    }
    if (settings.next_master_key.empty())
        settings.next_master_key = usual_next_key(settings.master_key);
    if (!set_log_level(settings.log_level)) {
        std::fprintf(stderr, "plugtone-agent: log-level: want debug, info, warning or error\n");
        return usage_status;
    }
    forbid_core_dumps();
    const auto signals = open_signals();
    const Done done = settings.rotate_master_key ? rotate(settings)
                      : signals                  ? serve(settings, *signals)
                                                 : tl::unexpected(signals.error());
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
    } catch (const soci::soci_error& error) {
        plugtone::log(plugtone::Level::error, "agent-failed",
                      {{"why", plugtone::explain_own_database(error)}});
        return 1;
    } catch (const std::exception& error) {
        plugtone::log(plugtone::Level::error, "agent-failed", {{"why", error.what()}});
        return 1;
    }
}
