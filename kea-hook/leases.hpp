// Kea's leases as bindings, whatever keeps them: memfile, MySQL, PostgreSQL. Asks Kea's own lease
// manager: only from the threads that Kea itself asks it from, those of callouts and commands.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <dhcpsrv/lease.h>

#include "core/base/ipv4.hpp"
#include "core/contracts/bindings.hpp"

namespace plugtone {

// Nothing for one without an Ethernet address.
std::optional<Binding> binding_of(const isc::dhcp::Lease4& lease);

// Who holds that address now.
std::optional<Binding> live_binding(const Ipv4& address);

// The address of that device's newest lease that holds now; 0: it has none.
Ipv4 leased_address(const Mac& mac);

struct LiveBindings {
    std::vector<Binding> found;
    std::string problem; // why there may be more; empty: those are all
};
// Of every lease that holds now. Gives up after that time: a database may be slow, and Kea serves
// nobody meanwhile.
LiveBindings live_bindings(std::chrono::milliseconds within);

} // namespace plugtone
