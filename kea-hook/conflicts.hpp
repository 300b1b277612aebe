// What Kea's own configuration would override or make useless of what the device classes offer.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include <cc/data.h>

#include "core/classes/class_table.hpp"

namespace plugtone {

// config: the "Dhcp4" map. A line each: where in the configuration, which classes, what to do.
std::vector<std::string> find_conflicts(const isc::data::ConstElementPtr& config,
                                        const ClassTable& table);

} // namespace plugtone
