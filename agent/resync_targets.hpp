// Whom a resync is for, and what keeps it from some. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/device_states.hpp"
#include "agent/resync.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

// A device of the inventory.
struct ResyncCandidate {
    DeviceState state;
    const DeviceClass* device_class = nullptr; // nothing: it has none
};

struct ResyncChoice {
    std::vector<ResyncTarget> targets;
    std::vector<std::pair<Mac, std::string>> skipped; // and why
};

// Those with the MACs, which must be devices, and those that "which" names: "all", "outdated",
// "class NAME", or nobody (empty).
Result<ResyncChoice> choose_for_resync(const std::map<Mac, ResyncCandidate>& devices,
                                       const std::vector<std::string>& macs,
                                       const std::string& which);

} // namespace plugtone
