#include "phone/frame.hpp"

#include <cassert>

namespace plugtone {

namespace {

constexpr std::size_t ethernet_size = 14;
constexpr std::size_t ip_size_min = 20;
constexpr std::size_t udp_size = 8;
constexpr std::uint16_t type_ipv4 = 0x0800;
constexpr std::uint8_t protocol_udp = 17;
constexpr std::uint8_t time_to_live = 64;

std::uint16_t get16(ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}
Ipv4 get_address(ByteView bytes, std::size_t at) {
    return Ipv4{std::uint32_t{get16(bytes, at)} << 16U | get16(bytes, at + 2)};
}
void put16(Bytes& bytes, std::size_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8U & 0xFFU));
    bytes.push_back(static_cast<std::uint8_t>(value & 0xFFU));
}
void put32(Bytes& bytes, std::uint32_t value) {
    put16(bytes, value >> 16U);
    put16(bytes, value & 0xFFFFU);
}
void set16(Bytes& bytes, std::size_t at, std::uint16_t value) {
    bytes[at] = static_cast<std::uint8_t>(value >> 8U);
    bytes[at + 1] = static_cast<std::uint8_t>(value & 0xFFU);
}

std::uint32_t sum16(ByteView bytes, std::uint32_t sum = 0) {
    for (std::size_t at = 0; at < bytes.size(); at += 2)
        sum +=
            at + 1 < bytes.size() ? get16(bytes, at) : static_cast<std::uint32_t>(bytes[at] << 8U);
    return sum;
}

// The Internet checksum (RFC 1071); 0 over data that has a right one in it.
std::uint16_t folded(std::uint32_t sum) {
    while (sum > 0xFFFFU)
        sum = (sum & 0xFFFFU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum & 0xFFFFU);
}

// Over the pseudo header (RFC 768) and the datagram.
std::uint16_t udp_checksum(Ipv4 from, Ipv4 to, ByteView datagram) {
    Bytes pseudo;
    put32(pseudo, from.number);
    put32(pseudo, to.number);
    put16(pseudo, protocol_udp);
    put16(pseudo, datagram.size());
    return folded(sum16(datagram, sum16(pseudo)));
}

struct IpPacket {
    Ipv4 from;
    Ipv4 to;
    ByteView payload;
};

Result<IpPacket> decode_ip(ByteView bytes) {
    if (bytes.size() < ip_size_min || bytes[0] >> 4U != 4)
        return fail("frame: no IPv4 header");
    const std::size_t header_size = (bytes[0] & 0x0FU) * std::size_t{4};
    const std::size_t size = get16(bytes, 2);
    if (header_size < ip_size_min || size < header_size || size > bytes.size())
        return fail("frame: IPv4 lengths do not fit: header " + std::to_string(header_size) +
                    ", packet " + std::to_string(size) + ", came " + std::to_string(bytes.size()));
    if (folded(sum16(bytes.first(header_size))) != 0)
        return fail("frame: wrong IPv4 header checksum");
    if (bytes[9] != protocol_udp)
        return fail("frame: want UDP (17), got protocol " + std::to_string(bytes[9]));
    if ((get16(bytes, 6) & 0x3FFFU) != 0)
        return fail("frame: a fragment");
    return IpPacket{.from = get_address(bytes, 12),
                    .to = get_address(bytes, 16),
                    .payload = bytes.subspan(header_size, size - header_size)};
}

} // namespace

Bytes encode_udp_frame(const UdpFrame& frame) {
    assert(frame.payload.size() <= udp_payload_size_max);
    Bytes datagram;
    put16(datagram, frame.from_port);
    put16(datagram, frame.to_port);
    put16(datagram, udp_size + frame.payload.size());
    put16(datagram, 0);
    datagram.insert(datagram.end(), frame.payload.begin(), frame.payload.end());
    const std::uint16_t checksum = udp_checksum(frame.from, frame.to, datagram);
    set16(datagram, 6, checksum == 0 ? std::uint16_t{0xFFFF} : checksum); // 0 says "none"

    Bytes header = {0x45, 0x10}; // five words; low delay, as DHCP clients mark it
    put16(header, ip_size_min + datagram.size());
    put32(header, 0); // no identification, no fragment
    header.push_back(time_to_live);
    header.push_back(protocol_udp);
    put16(header, 0);
    put32(header, frame.from.number);
    put32(header, frame.to.number);
    set16(header, 10, folded(sum16(header)));

    Bytes bytes;
    for (const Mac& mac : {frame.destination, frame.source})
        bytes.insert(bytes.end(), mac.bytes().begin(), mac.bytes().end());
    put16(bytes, type_ipv4);
    bytes.insert(bytes.end(), header.begin(), header.end());
    bytes.insert(bytes.end(), datagram.begin(), datagram.end());
    return bytes;
}

Result<UdpFrame> decode_udp_frame(ByteView bytes, UdpChecksum checksum) {
    if (bytes.size() < ethernet_size || get16(bytes, 12) != type_ipv4)
        return fail("frame: not IPv4");
    const auto packet = decode_ip(bytes.subspan(ethernet_size));
    if (!packet)
        return tl::unexpected(packet.error());
    const ByteView datagram = packet->payload;
    if (datagram.size() < udp_size || get16(datagram, 4) < udp_size ||
        get16(datagram, 4) > datagram.size())
        return fail("frame: the UDP length does not fit");
    const ByteView whole = datagram.first(get16(datagram, 4));
    const bool has_checksum = get16(whole, 6) != 0 && checksum == UdpChecksum::computed;
    if (has_checksum && udp_checksum(packet->from, packet->to, whole) != 0)
        return fail("frame: wrong UDP checksum");
    UdpFrame frame;
    const auto destination = Mac::from_bytes(bytes.first(6));
    const auto source = Mac::from_bytes(bytes.subspan(6, 6));
    if (!destination || !source)
        return fail("frame: no hardware addresses");
    frame.destination = *destination;
    frame.source = *source;
    frame.from = packet->from;
    frame.to = packet->to;
    frame.from_port = get16(whole, 0);
    frame.to_port = get16(whole, 2);
    frame.payload.assign(whole.begin() + udp_size, whole.end());
    return frame;
}

} // namespace plugtone
