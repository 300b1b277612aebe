// Shapes that several objects put on the bus.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "core/classes/parameter.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

inline constexpr const char* bus_name = "org.plugtone1";
inline constexpr const char* root_path = "/org/plugtone1";

using BusFields = std::vector<sdbus::Struct<std::string, std::string>>;

std::map<std::string, std::string> to_bus(const ParameterSet& set);
BusFields to_bus(const Event& event);
// Refuse what is no parameter's name.
Result<std::vector<Assignment>>
assignments_of(const std::map<std::string, std::string>& parameters);
Result<std::vector<ParameterName>> names_of(const std::vector<std::string>& names);

} // namespace plugtone
