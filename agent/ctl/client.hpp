// The agent, as plugtonectl talks to it over D-Bus. Each call may throw sdbus::Error;
// explain() makes one line for the operator of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "agent/dbus/device_proxy.hpp"
#include "agent/dbus/deviceclass_proxy.hpp"
#include "agent/dbus/manager_proxy.hpp"
#include "core/base/mac.hpp"

namespace plugtone::ctl {

using Properties = std::map<std::string, sdbus::Variant>;
using BusFields = std::vector<sdbus::Struct<std::string, std::string>>;

class Manager final : public sdbus::ProxyInterfaces<org::plugtone1::Manager_proxy> {
public:
    using OnJournal = std::function<void(std::int64_t, const std::string&, const BusFields&)>;
    using OnPublished = std::function<void(std::uint64_t, const std::string&)>;

    explicit Manager(sdbus::IConnection& connection);
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager();

    OnJournal on_journal;
    OnPublished on_published;

private:
    void onPublished(const std::uint64_t& generation, const std::string& change) override;
    void onJournal(const std::int64_t& time, const std::string& kind,
                   const BusFields& fields) override;
};

class DeviceOnBus final : public sdbus::ProxyInterfaces<org::plugtone1::Device_proxy> {
public:
    DeviceOnBus(sdbus::IConnection& connection, const plugtone::Mac& mac);
    DeviceOnBus(const DeviceOnBus&) = delete;
    DeviceOnBus& operator=(const DeviceOnBus&) = delete;
    ~DeviceOnBus();
};

class Client {
public:
    Client();

    Manager& manager() { return *manager_; }
    std::unique_ptr<DeviceOnBus> device(const plugtone::Mac& mac);
    // The properties of every object that has that interface, by object path.
    std::map<std::string, Properties> objects(const std::string& interface);
    // Handles signals until stop().
    void listen();
    void stop();

private:
    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<Manager> manager_;
};

// There is no object at that path.
bool is_unknown_object(const sdbus::Error& error);

// What went wrong and what to do, on one line.
std::string explain(const sdbus::Error& error);

} // namespace plugtone::ctl
