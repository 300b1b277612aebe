// Shapes that several objects put on the bus.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "agent/inventory.hpp"
#include "core/classes/dictionary.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

inline constexpr const char* bus_name = "org.plugtone1";
inline constexpr const char* root_path = "/org/plugtone1";

using BusFields = std::vector<sdbus::Struct<std::string, std::string>>;
// Number, name, value (empty unless it is revealed or no secret), is a secret, is public.
using BusShared = std::vector<sdbus::Struct<std::string, std::string, std::string, bool, bool>>;

// Number, name, layer, is a secret, value, what it means; layers and values that it overrides.
using BusComposed =
    sdbus::Struct<std::string, std::string, std::string, bool, std::string, std::string, BusFields>;
// Severity, class, MAC, parameter, text.
using BusFinding = sdbus::Struct<std::string, std::string, std::string, std::string, std::string>;
// MAC, kind, name, title, before and after (no text: not there), is a secret.
using BusDifference = sdbus::Struct<std::string, std::string, std::string, std::string,
                                    std::vector<std::string>, std::vector<std::string>, bool>;

std::uint64_t to_bus(Generation generation);
std::map<std::string, std::string> to_bus(const ParameterSet& set);
BusFields to_bus(const Event& event);
BusShared to_bus(const SharedParameters& shared, const Dictionary& dictionary, bool reveal);

} // namespace plugtone
