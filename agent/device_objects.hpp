// The devices on the bus, /org/plugtone1/device/<mac>, each with org.plugtone1.Device. sd-bus has
// one table for all of them and asks us which device a path is when somebody calls: an object of
// sdbus-c++'s for each would be several kilobytes with tables of its own (docs/decisions.md, 66).
// The loop's thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "agent/device_object.hpp"
#include "agent/raw_bus.hpp"

namespace plugtone {

class DeviceObjects {
public:
    static sdbus::ObjectPath path_of(const Mac& mac);

    // Shows what the inventory has, and tells nobody of it: that is for when the name is ours. The
    // connection, and what home names, must outlive it; the root object must be an ObjectManager.
    DeviceObjects(sdbus::IConnection& connection, const DeviceObject::Home& home);
    DeviceObjects(const DeviceObjects&) = delete;
    DeviceObjects& operator=(const DeviceObjects&) = delete;
    ~DeviceObjects() = default;

    // After a change: tells the bus which devices of the scope have come, gone or changed.
    void sync(const Scope& scope);
    // What that device did. True: it is in another state, or stuck there, or no longer.
    bool refresh_state(const Mac& mac);
    const std::map<Mac, DeviceObject>& all() const { return devices_; }

private:
    using Inventoried = std::map<Mac, DeviceObject::Known>;

    static int find(sd_bus* bus, const char* path, const char* interface, void* self, void** found,
                    sd_bus_error* error) noexcept;
    static int list(sd_bus* bus, const char* prefix, void* self, char*** paths,
                    sd_bus_error* error) noexcept;
    Inventoried inventoried(const Scope& scope);
    void tell_changed(const Mac& mac, const DeviceObject::Names& names);

    sd_bus* bus_;
    DeviceObject::Home home_;
    std::map<Mac, DeviceObject> devices_;
    BusSlot table_;
    BusSlot listing_;
};

} // namespace plugtone
