// The agent, as plugtonectl talks to it over D-Bus. Each call may throw sdbus::Error;
// explain() makes one line for the operator of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sdbus-c++/sdbus-c++.h>

#include "agent/dbus/device_proxy.hpp"
#include "agent/dbus/deviceclass_proxy.hpp"
#include "agent/dbus/enrolment_proxy.hpp"
#include "agent/dbus/firmware_proxy.hpp"
#include "agent/dbus/job_proxy.hpp"
#include "agent/dbus/manager_proxy.hpp"
#include "agent/dbus/rollout_proxy.hpp"
#include "agent/sdbus_version.hpp"
#include "core/base/mac.hpp"

namespace plugtone::ctl {

using Properties = std::map<std::string, sdbus::Variant>;
using BusFields = std::vector<sdbus::Struct<std::string, std::string>>;

class Manager final : public sdbus::ProxyInterfaces<org::plugtone1::Manager_proxy> {
public:
    using OnJournal = std::function<void(std::int64_t, const std::string&, const BusFields&)>;
    using OnPublished = std::function<void(std::uint64_t, const std::string&)>;
    using OnStateChanged = std::function<void(std::int64_t, const BusFields&)>;
    struct ResyncStep {
        std::string mac, address, outcome;
        std::uint32_t sent = 0;
        std::uint32_t status = 0;
        std::string detail;
    };
    using OnResynced = std::function<void(const ResyncStep&)>;

    explicit Manager(sdbus::IConnection& connection);
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager();

    OnJournal on_journal;
    OnPublished on_published;
    OnStateChanged on_state_changed;
    OnResynced on_resynced;

private:
    void onPublished(const std::uint64_t& generation, const std::string& change) override;
    void onJournal(const std::int64_t& time, const std::string& kind,
                   const BusFields& fields) override;
    void onStateChanged(const std::int64_t& time, const std::string& mac, const std::string& state,
                        const bool& stuck, const std::string& why) override;
    void onResynced(const std::string& mac, const std::string& address, const std::string& outcome,
                    const std::uint32_t& sent, const std::uint32_t& status,
                    const std::string& detail) override;
};

class DeviceOnBus final : public sdbus::ProxyInterfaces<org::plugtone1::Device_proxy> {
public:
    DeviceOnBus(sdbus::IConnection& connection, const plugtone::Mac& mac);
    DeviceOnBus(const DeviceOnBus&) = delete;
    DeviceOnBus& operator=(const DeviceOnBus&) = delete;
    ~DeviceOnBus();
};

class ClassOnBus final : public sdbus::ProxyInterfaces<org::plugtone1::DeviceClass_proxy> {
public:
    ClassOnBus(sdbus::IConnection& connection, const std::string& path);
    ClassOnBus(const ClassOnBus&) = delete;
    ClassOnBus& operator=(const ClassOnBus&) = delete;
    ~ClassOnBus();
};

class JobOnBus final
    : public sdbus::ProxyInterfaces<org::plugtone1::Job_proxy, sdbus::Properties_proxy> {
public:
    JobOnBus(sdbus::IConnection& connection, const std::string& path);
    JobOnBus(const JobOnBus&) = delete;
    JobOnBus& operator=(const JobOnBus&) = delete;
    ~JobOnBus();

private:
    // Only wakes who waits, and asks anew.
    void onPropertiesChanged(const bus::InterfaceName&,
                             const std::map<bus::PropertyName, sdbus::Variant>&,
                             const std::vector<bus::PropertyName>&) override {}
};

class FirmwareOnBus final : public sdbus::ProxyInterfaces<org::plugtone1::Firmware_proxy> {
public:
    FirmwareOnBus(sdbus::IConnection& connection, const std::string& path);
    FirmwareOnBus(const FirmwareOnBus&) = delete;
    FirmwareOnBus& operator=(const FirmwareOnBus&) = delete;
    ~FirmwareOnBus();
};

class RolloutOnBus final : public sdbus::ProxyInterfaces<org::plugtone1::Rollout_proxy> {
public:
    RolloutOnBus(sdbus::IConnection& connection, const std::string& path);
    RolloutOnBus(const RolloutOnBus&) = delete;
    RolloutOnBus& operator=(const RolloutOnBus&) = delete;
    ~RolloutOnBus();
};

class EnrolmentOnBus final : public sdbus::ProxyInterfaces<org::plugtone1::Enrolment_proxy> {
public:
    explicit EnrolmentOnBus(sdbus::IConnection& connection);
    EnrolmentOnBus(const EnrolmentOnBus&) = delete;
    EnrolmentOnBus& operator=(const EnrolmentOnBus&) = delete;
    ~EnrolmentOnBus();
};

class Client {
public:
    // host: USER@MACHINE, whose agent is meant, by ssh and systemd-stdio-bridge there; empty: here.
    explicit Client(const std::string& host = {});

    Manager& manager() { return *manager_; }
    std::unique_ptr<EnrolmentOnBus> enrolment();
    std::unique_ptr<DeviceOnBus> device(const plugtone::Mac& mac);
    // Nothing if there is no class of that name.
    std::unique_ptr<ClassOnBus> device_class(const std::string& name);
    std::unique_ptr<FirmwareOnBus> firmware(const std::string& path);
    std::unique_ptr<RolloutOnBus> rollout(const std::string& path);
    std::unique_ptr<JobOnBus> job(const std::string& path);
    // Follows the job until it has ended, with a line that says how far it is; its result, a JSON
    // object. Throws as a call does that was answered with the job's error.
    nlohmann::json wait_for_job(const std::string& path);
    // The properties of every object that has that interface, by object path.
    std::map<std::string, Properties> objects(const std::string& interface);
    // Handles signals until stop().
    void listen();
    void stop();

private:
    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<Manager> manager_;
};

// Until something came over the connection, a second at most; what came has been handled.
void wait_for_message(sdbus::IConnection& connection);

// What act() gives; if there is no such object, that there is no WHAT, and which list shows all.
Done on_known(const std::string& what, const std::string& list, const std::function<Done()>& act);

// What went wrong and what to do, on one line.
std::string explain(const sdbus::Error& error, const std::string& host = {});

} // namespace plugtone::ctl
