// Commands that change leases without a packet: an operator's, and those by which the partner of a
// high-availability pair hands its leases over. Pure; any thread.
#pragma once

#include <string>
#include <variant>

#include <cc/data.h>

#include "core/base/ipv4.hpp"

namespace plugtone {

struct NoLease {};
// Whatever became of its lease.
struct LeaseOf {
    Ipv4 address;
};
// Which ones is not said.
struct ManyLeases {};
// Of this server in its pair, as it has just told its partner: what the partner had before came
// through no command, and is there once it is "ready" (Kea's manual, libdhcp_ha).
struct StateInPair {
    std::string state;
};
using LeaseChange = std::variant<NoLease, LeaseOf, ManyLeases, StateInPair>;

// What Kea says of a command that it has carried out (command_processed). Null is nothing.
LeaseChange change_by(const std::string& command, const isc::data::ConstElementPtr& arguments,
                      const isc::data::ConstElementPtr& response);

// Does a server in this state have its partner's leases?
bool has_leases_of_partner(const std::string& state);

} // namespace plugtone
