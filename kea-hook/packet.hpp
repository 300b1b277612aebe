// What the hook reads from and writes to Kea's packets. Only the parts of Kea's API that are the
// same in 2.2 and 2.6, and whose headers Debian 12 ships whole (docs/decisions.md, Kea).
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <dhcp/pkt4.h>

#include "core/classes/identity.hpp"
#include "core/contracts/bindings.hpp"
#include "kea-hook/offer.hpp"

namespace plugtone {

using CodeSet = std::bitset<256>;

// Nothing when the client has no Ethernet address.
std::optional<Mac> mac_of(const isc::dhcp::Pkt4& query);
// (Kea asks for a packet that may change to say which classes it is in.)
// kea_classes: of Kea's client classes, those that are worth knowing.
Identity identity_of(isc::dhcp::Pkt4& query, const Mac& mac,
                     const std::vector<std::string>& kea_classes);
bool has_option(const isc::dhcp::Pkt4& packet, std::uint8_t code);
CodeSet requested_codes(const isc::dhcp::Pkt4& query);
// Option 82 (RFC 3046), hex; empty if the packet came by no relay agent.
std::string relay_information(const isc::dhcp::Pkt4& query);
// The client's address: the one that it is given, else the one that it has, else its relay's.
Ipv4 client_address(const isc::dhcp::Pkt4& query, const isc::dhcp::Pkt4& response);
// The address of ours that the client reaches: where the query came in, else the server identifier;
// 0 if neither is there.
Ipv4 own_address(const isc::dhcp::Pkt4& response);
// The lease that the answer grants; nothing: it grants none. It is this, and not leases4_committed,
// because that costs Kea 2.2 eight percent of an exchange for every client (docs/decisions.md).
std::optional<Binding> granted_lease(isc::dhcp::Pkt4& query, const isc::dhcp::Pkt4& response,
                                     const Mac& mac);

// Puts the options into the answer, leaving out (and saying so in the offer) what would make it
// larger than the client takes; the codes that went in.
std::vector<std::uint8_t> add_options(const isc::dhcp::Pkt4& query, isc::dhcp::Pkt4& response,
                                      Offer& offer);

} // namespace plugtone
