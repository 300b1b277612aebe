// A device as the bus shows it: what org.plugtone1.Device's properties and methods answer with. The
// way from the bus to it is device_objects.hpp's. The loop's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "agent/bus_values.hpp"
#include "agent/journal.hpp"
#include "agent/operations.hpp"

namespace plugtone {

class DeviceObject {
public:
    // All must outlive it.
    struct Home {
        Operations& operations;
        DeviceStates& states;
        Journal& journal;
    };
    // What the inventory has of it.
    struct Known {
        std::string fixed_class; // as the operator named it; empty: recognised
        std::string label;
        std::string url; // its own; empty: its class's
    };

    DeviceObject(const Home& home, const Mac& mac, Known known);

    using Names = std::vector<const char*>; // of properties
    // Something about it may have changed: what.
    Names refresh(const Known& known);
    struct Moved {
        Names names;
        bool journey = false; // it is in another state, or stuck there, or no longer
    };
    // Only what it did.
    Moved refresh_state();

    std::string mac() const { return mac_.text(); }
    const std::string& label() const { return shown_.known.label; }
    // The class that it has now; empty: none.
    const std::string& class_name() const { return shown_.class_name; }
    bool class_fixed() const { return !shown_.known.fixed_class.empty(); }
    const std::string& url() const { return shown_.known.url; }
    std::string state() const { return std::string(state_name(shown_.state.journey.state)); }
    std::int64_t state_since() const { return shown_.state.journey.since; }
    bool stuck() const { return shown_.state.journey.is_stuck(); }
    const std::string& why() const { return shown_.state.journey.why; }
    const std::string& address() const { return shown_.state.address; }
    std::int64_t last_seen() const { return shown_.state.last_seen; }

    // The bus's methods. They throw sdbus::Error.
    std::vector<std::string> set(const std::map<std::string, std::string>& parameters,
                                 const std::map<std::string, sdbus::Variant>& properties);
    void unset(const std::vector<std::string>& names);
    std::tuple<std::vector<BusComposed>, bool> parameters(const bool& reveal);
    void import_legacy(const std::vector<std::uint8_t>& content);
    void forget_legacy();
    std::string secret();
    std::vector<sdbus::Struct<std::int64_t, std::string, BusFields>>
    history(const std::uint32_t& count_max);

private:
    struct Shown {
        Known known;
        std::string class_name;
        DeviceState state;
    };

    Device device();
    Shown look(const Known& known);
    Names show(Shown now);

    const Home* home_;
    Mac mac_;
    Shown shown_; // properties are answered from here: no query, no unsealing
};

} // namespace plugtone
