// Each device of a scope, with what it inherits; only the pipeline's own files include this.
#pragma once

#include <map>
#include <vector>

#include "agent/inherited.hpp"
#include "agent/pipeline.hpp"

namespace plugtone {

// Between two looks at what else there is to do.
constexpr std::size_t devices_per_step = 32;

template <class Take>
Done Pipeline::each_device(const Scope& scope, Inherited& inherited, Take take) {
    std::map<Mac, ParameterSet> parameters;
    std::vector<Device> devices;
    if (scope.everything) {
        parameters = inventory_.all_parameters();
        devices = inventory_.devices();
    } else {
        for (const Mac& mac : scope.devices)
            if (auto device = inventory_.device(mac)) {
                devices.push_back(*std::move(device));
                parameters[mac] = inventory_.parameters(mac);
            }
    }
    for (std::size_t at = 0; at < devices.size(); ++at) {
        const Mac mac = devices[at].mac;
        auto facts = facts_of(std::move(devices[at]), parameters[mac], inherited);
        if (!facts)
            return tl::unexpected(facts.error());
        if (*facts)
            if (auto taken = take(**facts, at + 1, devices.size()); !taken)
                return taken;
        if ((at + 1) % devices_per_step == 0)
            take_breath();
    }
    return {};
}

} // namespace plugtone
