#include "agent/live_files.hpp"

namespace plugtone {

namespace {

void add(OwnFiles& own, const std::string& path, const std::string& sha256) {
    const bool is_xml = path.find(".xml") != std::string::npos;
    if (is_xml && !own.has_xml)
        own = {{}, true}; // what there was of other forms does not count any more
    if (is_xml == own.has_xml && !own.holds(sha256))
        own.sha256.push_back(sha256);
}

} // namespace

void tell_states(DeviceStates& states, Inventory& inventory, const Contents& live,
                 const Scope& scope, long long now) {
    std::map<Mac, OwnFiles> present;
    if (scope.everything)
        for (const Mac& mac : inventory.macs())
            present.try_emplace(mac);
    for (const Mac& mac : scope.devices)
        if (inventory.has(mac))
            present.try_emplace(mac);
    for (const auto& [path, file] : live)
        if (file.entry.owner)
            if (const auto own = present.find(*file.entry.owner); own != present.end())
                add(own->second, path, file.entry.sha256);
    states.published(scope, present, now);
    soci::transaction transaction(inventory.database());
    states.store();
    transaction.commit();
    states.stored();
}

} // namespace plugtone
