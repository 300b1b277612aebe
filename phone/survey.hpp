// Who answers a DISCOVER on this link? Collects OFFERs and takes none.
#pragma once

#include <chrono>
#include <vector>

#include "core/base/result.hpp"
#include "phone/dhcp_client.hpp"
#include "phone/packet_socket.hpp"
#include "phone/report.hpp"

namespace plugtone {

// The message as an OFFER that answers the DISCOVER; nothing if it is none. Pure.
std::optional<OfferSeen> offer_seen(const DhcpMessage& discover, const DhcpMessage& message,
                                    const Mac& sender);

// One of each server, in the order that they came. Two DISCOVERs, the second in the middle of the
// time, for a server may be slow or a frame lost.
Result<std::vector<OfferSeen>> survey_offers(PacketSocket& socket, const DhcpIdentity& identity,
                                             std::chrono::seconds time, bool (*stop)());

} // namespace plugtone
