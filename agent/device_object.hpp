// org.plugtone1.Device on the bus. The loop's thread.
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include "agent/bus_values.hpp"
#include "agent/dbus/device_adaptor.hpp"
#include "agent/journal.hpp"
#include "agent/operations.hpp"

namespace plugtone {

class DeviceObject final
    : public sdbus::AdaptorInterfaces<org::plugtone1::Device_adaptor, sdbus::ManagedObject_adaptor,
                                      sdbus::Properties_adaptor> {
public:
    static std::string path_of(const plugtone::Mac& mac);

    // All must outlive it.
    DeviceObject(sdbus::IConnection& connection, const plugtone::Mac& mac, Operations& operations,
                 DeviceStates& states, Journal& journal);
    DeviceObject(const DeviceObject&) = delete;
    DeviceObject& operator=(const DeviceObject&) = delete;
    ~DeviceObject();

    // Something about it may have changed: tells the bus what.
    void refresh();

private:
    struct Shown {
        std::string label, class_name;
        bool class_fixed = false;
        DeviceState state;
    };

    std::string Mac() override;
    std::string Label() override;
    std::string Class() override;
    bool ClassFixed() override;
    std::string State() override;
    std::string Address() override;
    std::int64_t LastSeen() override;
    void Set(const std::map<std::string, std::string>& parameters) override;
    void Unset(const std::vector<std::string>& names) override;
    std::tuple<std::map<std::string, std::string>, std::map<std::string, std::string>>
    Parameters() override;
    std::string Secret() override;
    std::vector<sdbus::Struct<std::int64_t, std::string, BusFields>>
    History(const std::uint32_t& count_max) override;

    Device device();
    Shown look();

    plugtone::Mac mac_;
    Operations& operations_;
    DeviceStates& states_;
    Journal& journal_;
    Shown shown_; // properties are answered from here: no query, no unsealing
};

} // namespace plugtone
