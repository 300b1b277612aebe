// What client and server agree on before a read: blksize (RFC 2348), timeout and tsize (RFC 2349).
// Option names are compared without case and echoed as the client wrote them; unknown options, and
// known ones whose value is out of range, are left out of the OACK, which means "not agreed" (RFC
// 2347). Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tftpd/codec.hpp"

namespace plugtone::tftpd {

// An Ethernet frame's 1500 bytes less IP, UDP and TFTP headers (20 + 8 + 4): larger blocks come as
// IP fragments, which small boot loaders drop.
inline constexpr std::size_t blksize_of_ethernet = 1468;
// RFC 7440 allows 65535 blocks; this is what goes out at once, and into the receive buffer of a
// small device.
inline constexpr std::size_t windowsize_usual = 64;
inline constexpr std::size_t windowsize_most = 65535;
// RFC 2349 allows 255 s; a session is not held that long for one lost packet.
inline constexpr std::chrono::seconds timeout_most{60};

struct Agreement {
    std::size_t blksize = blksize_default;
    std::size_t windowsize = 1;                  // RFC 7440: blocks between two ACKs
    std::optional<std::chrono::seconds> timeout; // nothing: the server's own
    // For the OACK; empty: none is sent.
    std::vector<std::pair<std::string, std::string>> acknowledged;
};

// The server's largest.
struct NegotiationLimits {
    std::size_t blksize = blksize_of_ethernet; // 8 to 65464
    std::size_t windowsize = windowsize_usual; // 1 to 65535
};

// Fails when a known option stands twice (RFC 2347: "an option may only be specified once").
Result<Agreement> negotiate(const std::vector<Option>& options, std::uint64_t file_size,
                            const NegotiationLimits& limits);

} // namespace plugtone::tftpd
