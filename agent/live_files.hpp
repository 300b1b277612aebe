// Which file each device would fetch now: the live generation's, by which its state is judged.
#pragma once

#include "agent/device_states.hpp"
#include "agent/inventory.hpp"
#include "agent/publisher.hpp"

namespace plugtone {

// After a publish: tells the states which devices of the scope there are, and what is live of them,
// in a transaction of its own. If the database does not take that now (soci::soci_error), it does
// with the next event.
void tell_states(DeviceStates& states, Inventory& inventory, const Contents& live,
                 const Scope& scope, long long now);

} // namespace plugtone
