// What devices inherit, read once for all that a pipeline composes in one go; only its own files
// include this.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/pipeline.hpp"

namespace plugtone {

struct Pipeline::Settings {
    std::map<std::string, SharedParameters> shared;
    std::map<Mac, Bytes> vendor_files;
    std::map<Mac, std::vector<std::string>> told_shelves;
    Pins pins;

    const SharedParameters& of(const std::string& owner) const {
        static const SharedParameters none;
        const auto found = shared.find(owner);
        return found == shared.end() ? none : found->second;
    }
};

template <class Take>
Done Pipeline::each_device(const Scope& scope, const Settings& settings, Take take) {
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
        auto facts = facts_of(std::move(devices[at]), std::move(parameters[mac]), settings);
        if (!facts)
            return tl::unexpected(facts.error());
        if (*facts)
            if (auto taken = take(**facts, at + 1, devices.size()); !taken)
                return taken;
    }
    return {};
}

} // namespace plugtone
