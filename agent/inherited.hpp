// What devices have beyond their own settings: the site's and the classes' settings, imported
// files, where they were told to ask, when they ask, whether they are redirected, and how far they
// are with their XML passwords. Read once for a look at many devices. One thread; throws
// soci::soci_error when the database fails.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/composer.hpp"
#include "agent/inventory.hpp"
#include "agent/poll_slots.hpp"
#include "core/contracts/offer_overrides.hpp"

namespace plugtone {

class Inherited {
public:
    // gives_slots: a device that has no place in its class's schedule gets one; inside a
    // transaction of the caller's. The inventory must outlive it.
    Inherited(Inventory& inventory, const Scope& scope, bool gives_slots);

    const std::map<std::string, SharedParameters>& shared() const { return shared_; }
    const SharedParameters& of(const std::string& owner) const;
    const OfferOverrides& overrides() const { return overrides_; }
    const Pins& pins() const { return pins_; }

    Composition compose_for(const Mac& mac, const DeviceClass& device_class,
                            const ParameterSet& own, const ParameterSet& firmware_pin = {});
    // The device has to be in the scope.
    DeviceFacts facts_of(Device device, const DeviceClass& device_class, const ParameterSet& own,
                         const ParameterSet& firmware_pin);

private:
    Placement placement_of(const Mac& mac, const DeviceClass& device_class);

    std::map<std::string, SharedParameters> shared_;
    OfferOverrides overrides_;
    OverrideTable redirects_;
    Pins pins_;
    PollSlots slots_;
    bool gives_slots_;
    std::map<Mac, Bytes> vendor_files_;
    std::map<Mac, std::vector<std::string>> told_shelves_;
    std::set<Mac> open_windows_;
    std::map<Mac, Rotation> rotations_;
};

} // namespace plugtone
