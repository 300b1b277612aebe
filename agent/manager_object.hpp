// org.plugtone1.Manager at /org/plugtone1, and with it the objects of all devices and classes. The
// loop's thread.
#pragma once

#include <functional>
#include <memory>

#include <sdbus-c++/sdbus-c++.h>

#include "agent/class_object.hpp"
#include "agent/dbus/manager_adaptor.hpp"
#include "agent/device_object.hpp"
#include "agent/kea_client.hpp"

namespace plugtone {

class ManagerObject final : public sdbus::AdaptorInterfaces<org::plugtone1::Manager_adaptor,
                                                            sdbus::ObjectManager_adaptor> {
public:
    // All must outlive it. malformed_events: how many datagrams were no events.
    ManagerObject(sdbus::IConnection& connection, Operations& operations, DeviceStates& states,
                  Journal& journal, KeaClient& kea,
                  std::function<std::uint64_t()> malformed_events);
    ManagerObject(const ManagerObject&) = delete;
    ManagerObject& operator=(const ManagerObject&) = delete;
    ~ManagerObject();

    // After a publish: objects come and go with the devices and classes.
    void published(Generation generation, const std::string& what);
    // Reads the class files anew, publishes what that changes, and tells Kea.
    Done reload();
    // After the recorder: tells the bus what happened.
    void happened(const std::vector<Event>& events, long long now);

private:
    std::map<std::string, sdbus::Variant> Status() override;
    sdbus::ObjectPath AddDevice(const std::string& mac, const std::string& class_name,
                                const std::string& label,
                                const std::map<std::string, std::string>& parameters) override;
    void RemoveDevice(const std::string& mac) override;
    std::map<std::string, sdbus::Struct<std::string, bool>> Site() override;
    void SetSite(const std::map<std::string, std::string>& parameters,
                 const bool& is_public) override;
    void UnsetSite(const std::vector<std::string>& names) override;
    std::tuple<std::uint64_t, bool> Publish() override;
    std::tuple<std::uint64_t, std::string> Undo() override;

    void sync_devices();
    void sync_classes();

    sdbus::IConnection& connection_;
    Operations& operations_;
    DeviceStates& states_;
    Journal& journal_;
    KeaClient& kea_;
    std::function<std::uint64_t()> malformed_events_;
    std::map<plugtone::Mac, std::unique_ptr<DeviceObject>> devices_;
    std::vector<std::unique_ptr<ClassObject>> classes_;
};

} // namespace plugtone
