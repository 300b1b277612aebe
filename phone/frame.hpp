// A UDP datagram in its IPv4 packet in its Ethernet frame (RFC 768, 791, 894), built and read by
// hand: an interface that has no address yet cannot have the kernel do it. No sockets.
#pragma once

#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/base/ipv4.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"

namespace plugtone {

struct UdpFrame {
    Mac source;
    Mac destination;
    Ipv4 from;
    Ipv4 to;
    std::uint16_t from_port = 0;
    std::uint16_t to_port = 0;
    Bytes payload;

    bool operator==(const UdpFrame&) const = default;
};

// What a receiver knows about the UDP checksum of a frame: one that comes from the same machine may
// never have been computed (the kernel says so with the frame).
enum class UdpChecksum { computed, not_computed };

inline constexpr std::size_t udp_payload_size_max = 65535 - 20 - 8;

// The payload must not be longer than udp_payload_size_max.
Bytes encode_udp_frame(const UdpFrame& frame);

// Refuses what is not a whole UDP datagram over IPv4 (fragments among them) and wrong checksums.
Result<UdpFrame> decode_udp_frame(ByteView bytes, UdpChecksum checksum);

} // namespace plugtone
