// org.plugtone1.Device on the bus. The loop's thread.
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include "agent/bus_values.hpp"
#include "agent/dbus/device_adaptor.hpp"
#include "agent/journal.hpp"
#include "agent/operations.hpp"
#include "agent/sdbus_version.hpp"

namespace plugtone {

class DeviceObject final
    : public sdbus::AdaptorInterfaces<org::plugtone1::Device_adaptor, sdbus::ManagedObject_adaptor,
                                      sdbus::Properties_adaptor> {
public:
    static sdbus::ObjectPath path_of(const plugtone::Mac& mac);

    // All must outlive it.
    DeviceObject(sdbus::IConnection& connection, const Device& device, Operations& operations,
                 DeviceStates& states, Journal& journal);
    DeviceObject(const DeviceObject&) = delete;
    DeviceObject& operator=(const DeviceObject&) = delete;
    ~DeviceObject();

    // Something about it may have changed: tells the bus what. device: what the inventory has of it
    // now.
    void refresh(const Device& device);
    // Only what it did. True: it is in another state, or stuck there, or no longer.
    bool refresh_state();
    // The class that it has now; empty: none.
    const std::string& class_name() const { return shown_.class_name; }

private:
    struct Shown {
        std::string label, class_name;
        std::string fixed_class; // as the operator named it; empty: recognised
        DeviceState state;
    };

    std::string Mac() override;
    std::string Label() override;
    std::string Class() override;
    bool ClassFixed() override;
    std::string Url() override;
    std::string State() override;
    std::int64_t StateSince() override;
    bool Stuck() override;
    std::string Why() override;
    std::string Address() override;
    std::int64_t LastSeen() override;
    std::vector<std::string> Set(const std::map<std::string, std::string>& parameters,
                                 const std::map<std::string, sdbus::Variant>& properties) override;
    void Unset(const std::vector<std::string>& names) override;
    std::tuple<std::vector<BusComposed>, bool> Parameters(const bool& reveal) override;
    void ImportLegacy(const std::vector<std::uint8_t>& content) override;
    void ForgetLegacy() override;
    std::string Secret() override;
    std::vector<sdbus::Struct<std::int64_t, std::string, BusFields>>
    History(const std::uint32_t& count_max) override;

    Device device();
    Shown look(const std::string& fixed_class, const std::string& label);
    void show(const Shown& now);

    plugtone::Mac mac_;
    Operations& operations_;
    DeviceStates& states_;
    Journal& journal_;
    Shown shown_; // properties are answered from here: no query, no unsealing
};

} // namespace plugtone
