// A DHCPv4 message as a value, and its bytes (RFC 2131, section 2; RFC 2132; option overload, RFC
// 2132 section 9.3; options longer than 255 bytes, RFC 3396). No sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/ipv4.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"

namespace plugtone {

// Option codes that the phone sends or reads (RFC 2132).
namespace dhcp_option {
inline constexpr std::uint8_t subnet_mask = 1;
inline constexpr std::uint8_t routers = 3;
inline constexpr std::uint8_t dns_servers = 6;
inline constexpr std::uint8_t host_name = 12;
inline constexpr std::uint8_t vendor_specific = 43;
inline constexpr std::uint8_t requested_address = 50;
inline constexpr std::uint8_t lease_time = 51;
inline constexpr std::uint8_t overload = 52;
inline constexpr std::uint8_t message_type = 53;
inline constexpr std::uint8_t server_id = 54;
inline constexpr std::uint8_t parameter_list = 55;
inline constexpr std::uint8_t message = 56;
inline constexpr std::uint8_t message_size_max = 57;
inline constexpr std::uint8_t vendor_class = 60;
inline constexpr std::uint8_t client_id = 61;
inline constexpr std::uint8_t tftp_server = 66;
inline constexpr std::uint8_t vendor_identifying = 125;
} // namespace dhcp_option

enum class DhcpType : std::uint8_t {
    discover = 1,
    offer = 2,
    request = 3,
    decline = 4,
    ack = 5,
    nak = 6,
    release = 7,
    inform = 8,
};
std::string dhcp_type_name(DhcpType type);

struct DhcpOption {
    std::uint8_t code = 0; // neither 0 (pad) nor 255 (end)
    Bytes value;
    bool operator==(const DhcpOption&) const = default;
};

struct DhcpMessage {
    bool reply = false; // BOOTREPLY
    std::uint8_t hops = 0;
    std::uint32_t xid = 0;
    std::uint16_t seconds = 0;
    bool broadcast = false;
    Ipv4 client;             // ciaddr
    Ipv4 yours;              // yiaddr
    Ipv4 next;               // siaddr
    Ipv4 relay;              // giaddr
    Mac hardware;            // chaddr
    std::string server_name; // sname, at most 64 bytes
    std::string boot_file;   // file, at most 128 bytes
    std::vector<DhcpOption>
        options; // each code once, in the order sent; overload (52) is not among them

    const Bytes* option(std::uint8_t code) const;
    // Readings of one option; nothing if it is absent or not of that form.
    std::optional<DhcpType> type() const;
    std::optional<std::uint32_t> number32(std::uint8_t code) const;
    std::optional<std::vector<Ipv4>> addresses(std::uint8_t code) const; // one or more
    // The first of the addresses.
    std::optional<Ipv4> address(std::uint8_t code) const;

    bool operator==(const DhcpMessage&) const = default;
};

// Smallest message that BOOTP relays pass on (RFC 1542, section 2.1), and the largest that is read.
inline constexpr std::size_t dhcp_size_min = 300;
inline constexpr std::size_t dhcp_size_max = 16384;

// All options go to the options field, long ones in pieces; padded to dhcp_size_min.
Bytes encode_dhcp(const DhcpMessage& message);

// Refuses what RFC 2131 does not allow: other hardware than Ethernet, a missing cookie, options
// that run past their field or have no end, overload of a kind that does not exist.
Result<DhcpMessage> decode_dhcp(ByteView bytes);

} // namespace plugtone
