#include "agent/inherited.hpp"

#include "agent/redirection.hpp"

namespace plugtone {

Inherited::Inherited(Inventory& inventory, const Scope& scope, bool gives_slots)
    : shared_(inventory.all_shared()), overrides_(inventory.overrides().all()),
      redirects_(overrides_), pins_(inventory.pins().of(scope)),
      slots_(inventory.database(), scope.everything), gives_slots_(gives_slots) {
    if (scope.everything) {
        vendor_files_ = inventory.all_vendor_files();
        told_shelves_ = inventory.all_told_shelves();
        rotations_ = inventory.rotations().all();
        for (const auto& [mac, window] : inventory.windows().open_ones())
            open_windows_.insert(mac);
        return;
    }
    for (const Mac& mac : scope.devices) {
        if (auto file = inventory.vendor_file(mac))
            vendor_files_.emplace(mac, *std::move(file));
        told_shelves_.emplace(mac, inventory.told_shelves(mac));
        if (auto rotation = inventory.rotations().of(mac))
            rotations_.emplace(mac, *std::move(rotation));
        if (inventory.windows().open_one(mac))
            open_windows_.insert(mac);
    }
}

const SharedParameters& Inherited::of(const std::string& owner) const {
    static const SharedParameters none;
    const auto found = shared_.find(owner);
    return found == shared_.end() ? none : found->second;
}

Placement Inherited::placement_of(const Mac& mac, const DeviceClass& device_class) {
    Placement placement;
    if (device_class.schedule) {
        const auto slot =
            gives_slots_ ? slots_.of(mac, device_class.name) : slots_.find(mac, device_class.name);
        if (slot)
            placement.schedule = scheduled(*device_class.schedule, device_class.family, *slot);
    }
    // One that only DHCP can tell is a finding of lint's.
    if (const std::string* url = redirects_.redirect_of(mac))
        placement.redirect = redirect_parameters(*url, mac, device_class).value_or(ParameterSet{});
    return placement;
}

Composition Inherited::compose_for(const Mac& mac, const DeviceClass& device_class,
                                   const ParameterSet& own, const ParameterSet& firmware_pin) {
    return compose(of(of_site), device_class, of(device_class.name), own, firmware_pin,
                   placement_of(mac, device_class));
}

DeviceFacts Inherited::facts_of(Device device, const DeviceClass& device_class,
                                const ParameterSet& own, const ParameterSet& firmware_pin) {
    DeviceFacts facts;
    facts.device_class = &device_class;
    facts.composed = values_of(compose_for(device.mac, device_class, own, firmware_pin));
    if (const auto file = vendor_files_.find(device.mac); file != vendor_files_.end())
        facts.vendor_file = file->second;
    if (const auto told = told_shelves_.find(device.mac); told != told_shelves_.end())
        facts.told_shelves = told->second;
    if (const std::string* url = redirects_.redirect_of(device.mac))
        facts.redirect_url = *url;
    if (const auto rotation = rotations_.find(device.mac); rotation != rotations_.end())
        facts.rotation = rotation->second;
    facts.window_open = open_windows_.contains(device.mac);
    facts.device = std::move(device);
    return facts;
}

} // namespace plugtone
