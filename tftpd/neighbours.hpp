// The kernel's neighbour table (ARP): which hardware address was last seen at an IPv4 address.
// rtnetlink(7), RTM_GETNEIGH.
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "core/base/ipv4.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"

namespace plugtone::tftpd {

// Asks the kernel, which answers at once from memory. Nothing when the address is not in the table,
// not confirmed, or there with different hardware addresses on two interfaces.
Result<std::optional<Mac>> find_neighbour(const Ipv4& address);

// The part without a socket: one datagram of the kernel's answer. Pure.
struct NeighbourAnswer {
    std::optional<Mac> mac;
    bool contradicts = false; // two entries, two addresses
    bool is_last = false;
};
// Adds to what the datagrams before said.
Done read_neighbours(ByteView datagram, const Ipv4& address, NeighbourAnswer& answer);

} // namespace plugtone::tftpd
