#include "agent/ctl/client.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <poll.h>
#include <unistd.h>

#include "agent/ctl/progress_line.hpp"
#include "agent/raw_bus.hpp"

namespace plugtone::ctl {

namespace {

const bus::ServiceName bus_name("org.plugtone1");
const sdbus::ObjectPath root_path("/org/plugtone1");
// A publish of thousands of devices takes its time.
constexpr std::chrono::seconds call_time_limit{120};
// Who waits for a signal looks this often whether the agent is still there.
constexpr int look_again_ms = 1000;

std::string bus_address() {
    const char* address = std::getenv("DBUS_SYSTEM_BUS_ADDRESS");
    return address == nullptr ? "the system bus" : address;
}

} // namespace

Manager::Manager(sdbus::IConnection& connection)
    : ProxyInterfaces(connection, bus_name, root_path) {
    registerProxy();
}

Manager::~Manager() {
    unregisterProxy();
}

void Manager::onPublished(const std::uint64_t& generation, const std::string& change) {
    if (on_published)
        on_published(generation, change);
}

void Manager::onJournal(const std::int64_t& time, const std::string& kind,
                        const BusFields& fields) {
    if (on_journal)
        on_journal(time, kind, fields);
}

void Manager::onStateChanged(const std::int64_t& time, const std::string& mac,
                             const std::string& state, const bool& stuck, const std::string& why) {
    if (on_state_changed)
        on_state_changed(time, {{std::string("MAC"), mac},
                                {std::string("STATE"), state},
                                {std::string("STUCK"), std::string(stuck ? "yes" : "no")},
                                {std::string("WHY"), why}});
}

void Manager::onResynced(const std::string& mac, const std::string& address,
                         const std::string& outcome, const std::uint32_t& sent,
                         const std::uint32_t& status, const std::string& detail) {
    if (on_resynced)
        on_resynced({mac, address, outcome, sent, status, detail});
}

DeviceOnBus::DeviceOnBus(sdbus::IConnection& connection, const plugtone::Mac& mac)
    : ProxyInterfaces(connection, bus_name,
                      sdbus::ObjectPath(root_path + "/device/" + mac.text())) {
    registerProxy();
}

DeviceOnBus::~DeviceOnBus() {
    unregisterProxy();
}

ClassOnBus::ClassOnBus(sdbus::IConnection& connection, const std::string& path)
    : ProxyInterfaces(connection, bus_name, sdbus::ObjectPath(path)) {
    registerProxy();
}

ClassOnBus::~ClassOnBus() {
    unregisterProxy();
}

JobOnBus::JobOnBus(sdbus::IConnection& connection, const std::string& path)
    : ProxyInterfaces(connection, bus_name, sdbus::ObjectPath(path)) {
    registerProxy();
}

JobOnBus::~JobOnBus() {
    unregisterProxy();
}

FirmwareOnBus::FirmwareOnBus(sdbus::IConnection& connection, const std::string& path)
    : ProxyInterfaces(connection, bus_name, sdbus::ObjectPath(path)) {
    registerProxy();
}

FirmwareOnBus::~FirmwareOnBus() {
    unregisterProxy();
}

RolloutOnBus::RolloutOnBus(sdbus::IConnection& connection, const std::string& path)
    : ProxyInterfaces(connection, bus_name, sdbus::ObjectPath(path)) {
    registerProxy();
}

RolloutOnBus::~RolloutOnBus() {
    unregisterProxy();
}

EnrolmentOnBus::EnrolmentOnBus(sdbus::IConnection& connection)
    : ProxyInterfaces(connection, bus_name, root_path) {
    registerProxy();
}

EnrolmentOnBus::~EnrolmentOnBus() {
    unregisterProxy();
}

Client::Client(const std::string& host)
    : connection_(host.empty() ? sdbus::createSystemBusConnection()
                               : sdbus::createRemoteSystemBusConnection(host)) {
    connection_->setMethodCallTimeout(call_time_limit);
    // Polkit may then ask for a password, where somebody can be asked.
    if (::isatty(STDIN_FILENO) != 0)
        sd_bus_set_allow_interactive_authorization(raw_bus(*connection_), 1);
    manager_ = std::make_unique<Manager>(*connection_);
}

std::unique_ptr<EnrolmentOnBus> Client::enrolment() {
    return std::make_unique<EnrolmentOnBus>(*connection_);
}

std::unique_ptr<DeviceOnBus> Client::device(const plugtone::Mac& mac) {
    return std::make_unique<DeviceOnBus>(*connection_, mac);
}

std::unique_ptr<ClassOnBus> Client::device_class(const std::string& name) {
    for (const auto& [path, properties] : objects("org.plugtone1.DeviceClass"))
        if (properties.at("Name").get<std::string>() == name)
            return std::make_unique<ClassOnBus>(*connection_, path);
    return nullptr;
}

std::unique_ptr<FirmwareOnBus> Client::firmware(const std::string& path) {
    return std::make_unique<FirmwareOnBus>(*connection_, path);
}

std::unique_ptr<RolloutOnBus> Client::rollout(const std::string& path) {
    return std::make_unique<RolloutOnBus>(*connection_, path);
}

std::unique_ptr<JobOnBus> Client::job(const std::string& path) {
    return std::make_unique<JobOnBus>(*connection_, path);
}

void wait_for_message(sdbus::IConnection& connection) {
    while (bus::process_pending(connection)) {
    }
    const auto bus = connection.getEventLoopPollData();
    pollfd wait{bus.fd, bus.events, 0};
    const int limit = bus.getPollTimeout();
    ::poll(&wait, 1, limit < 0 ? look_again_ms : std::min(limit, look_again_ms));
}

nlohmann::json Client::wait_for_job(const std::string& path) {
    const auto followed = job(path);
    ProgressLine progress;
    std::string state = followed->State();
    while (state == "running") {
        progress.show(followed->Done(), followed->Total());
        wait_for_message(*connection_);
        state = followed->State();
    }
    progress.clear();
    if (state == "failed")
        throw bus::make_error(followed->ErrorName(), followed->Error());
    if (state == "cancelled")
        throw bus::make_error("org.plugtone1.Error.Refused",
                              followed->What() + ": cancelled; nothing has changed");
    return nlohmann::json::parse(followed->Result());
}

std::map<std::string, Properties> Client::objects(const std::string& interface) {
    const auto proxy = sdbus::createProxy(*connection_, bus_name, root_path);
    std::map<sdbus::ObjectPath, std::map<std::string, Properties>> all;
    proxy->callMethod("GetManagedObjects")
        .onInterface("org.freedesktop.DBus.ObjectManager")
        .storeResultsTo(all);
    std::map<std::string, Properties> found;
    for (const auto& [path, interfaces] : all)
        if (const auto one = interfaces.find(interface); one != interfaces.end())
            found.emplace(path, one->second);
    return found;
}

void Client::listen() {
    connection_->enterEventLoop();
}

void Client::stop() {
    connection_->leaveEventLoop();
}

Done on_known(const std::string& what, const std::string& list, const std::function<Done()>& act) {
    try {
        return act();
    } catch (const sdbus::Error& error) {
        const std::string& name = error.getName();
        if (name != "org.freedesktop.DBus.Error.UnknownObject" &&
            name != "org.freedesktop.DBus.Error.UnknownInterface" &&
            name != "org.freedesktop.DBus.Error.UnknownMethod")
            throw;
        return fail(ErrorKind::not_found, "no " + what + "; 'plugtonectl " + list + "' shows all");
    }
}

std::string explain(const sdbus::Error& error, const std::string& host) {
    const std::string& name = error.getName();
    if (name.starts_with("org.plugtone1.Error."))
        return error.getMessage();
    if (name == "org.freedesktop.DBus.Error.AccessDenied")
        return "the bus does not let you talk to plugtone-agent: be root, or a member of the group "
               "plugtone-admin";
    if (!host.empty() && name == "org.freedesktop.DBus.Error.NotSupported")
        return "a file cannot be handed over ssh: copy it to " + host +
               " and run this there (ssh " + host + " plugtonectl …)";
    if (!host.empty())
        return "plugtone-agent of " + host + " does not answer (" + error.getMessage() +
               "); does 'ssh " + host + " plugtonectl status' work?";
    return "plugtone-agent does not answer on " + bus_address() + " (" + error.getMessage() +
           "); is it running?";
}

} // namespace plugtone::ctl
