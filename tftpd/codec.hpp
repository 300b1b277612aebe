// TFTP packets as values (RFC 1350 section 5, RFC 2347). Pure: no socket, no clock. What decode
// returns points into the datagram, which must outlive it; nothing that is allocated grows beyond
// the limits named here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace plugtone::tftpd {

// RFC 2347: "The maximum size of a request packet is 512 octets".
inline constexpr std::size_t request_size_max = 512;
// The longest list seen from a device is nine (GXV-3000).
inline constexpr std::size_t options_max = 16;
// RFC 2348.
inline constexpr std::size_t blksize_least = 8;
inline constexpr std::size_t blksize_most = 65464;
inline constexpr std::size_t blksize_default = 512; // RFC 1350
inline constexpr std::size_t data_header_size = 4;

enum class ErrorCode : std::uint16_t {
    undefined = 0,
    not_found = 1,
    access_violation = 2,
    disk_full = 3,
    illegal_operation = 4,
    unknown_transfer = 5,
    file_exists = 6,
    no_such_user = 7,
    option_refused = 8, // RFC 2347
};

struct Option {
    std::string_view name;
    std::string_view value;
    bool operator==(const Option&) const = default;
};

struct Request {
    bool is_write = false;
    std::string_view name;
    std::string_view mode;
    std::vector<Option> options;
    bool operator==(const Request&) const = default;
};

struct Data {
    std::uint16_t block = 0;
    ByteView payload;
    bool operator==(const Data& other) const {
        return block == other.block && as_text(payload) == as_text(other.payload);
    }
};

struct Ack {
    std::uint16_t block = 0;
    bool operator==(const Ack&) const = default;
};

struct ErrorPacket {
    ErrorCode code = ErrorCode::undefined; // as it came: it may be none of the names above
    std::string_view text;
    bool operator==(const ErrorPacket&) const = default;
};

struct OptionAck {
    std::vector<Option> options;
    bool operator==(const OptionAck&) const = default;
};

using Packet = std::variant<Request, Data, Ack, ErrorPacket, OptionAck>;

// Refuses whatever is not exactly one packet. The one tolerance: the text of an ERROR may lack its
// final NUL, for many clients forget it, and an ERROR must end the transfer.
Result<Packet> decode_packet(ByteView datagram);

// The number, if the datagram is an ACK and nothing else: what decode_packet would say, for the one
// packet that comes by the hundred thousand.
std::optional<std::uint16_t> ack_number(ByteView datagram);

// The texts must hold no NUL.
Bytes encode_packet(const Packet& packet);

// The header of a DATA packet, written in front of the payload in place.
void write_data_header(std::uint16_t block, std::span<std::uint8_t, data_header_size> header);

} // namespace plugtone::tftpd
