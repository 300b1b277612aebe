// The thin loop between the DHCP client's logic and the wire.
#pragma once

#include <chrono>

#include "core/base/result.hpp"
#include "phone/dhcp_client.hpp"
#include "phone/packet_socket.hpp"

namespace plugtone {

struct TakenLease {
    Lease lease;
    Mac sender; // of the ACK's frame: the server, or the relay to it
};

// Takes a lease; fails with what was sent and what came once timeout is over, or stop() says so.
Result<TakenLease> take_lease(PacketSocket& socket, const DhcpIdentity& identity,
                              std::chrono::seconds timeout, bool (*stop)());

// To everybody on the link, from no address.
Done broadcast(PacketSocket& socket, const DhcpMessage& message);

// Gives it back. Nothing answers to that.
Done release_lease(PacketSocket& socket, const DhcpIdentity& identity, const TakenLease& taken);

} // namespace plugtone
