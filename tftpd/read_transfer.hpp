// One file on its way to one client over TFTP (RFC 1350 section 2, RFC 2347). A value that is fed
// datagrams and time and says what to do next: no socket, no clock, no sleep.
//
// A block is repeated only when its time is up, never for a duplicate ACK (RFC 1123 section
// 4.2.3.1, the "Sorcerer's Apprentice"); the wait doubles with each repetition. Until the first ACK
// the peer's address is only a claim, which anybody may have forged: it is sent no more than
// RetryPolicy::sends_unverified packets of at most 516 bytes.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>

#include "core/base/bytes.hpp"
#include "core/base/ipv4.hpp"
#include "core/base/result.hpp"
#include "tftpd/codec.hpp"
#include "tftpd/negotiation.hpp"

namespace plugtone::tftpd {

using TimePoint = std::chrono::steady_clock::time_point;

// A transfer identifier: RFC 1350's port, with its host.
struct Tid {
    Ipv4 address;
    std::uint16_t port = 0;
    auto operator<=>(const Tid&) const = default;
};

struct RetryPolicy {
    std::chrono::milliseconds first_wait{1000}; // unless the client asked for a timeout
    std::chrono::milliseconds longest_wait{8000};
    int sends_unverified = 3; // of the first packet
    int sends = 6;            // of each later one
};

// The datagram is valid until the transfer is called again.
struct Send {
    Tid to;
    ByteView datagram;
    TimePoint until; // then call on_timeout, unless a datagram comes first
};
struct Wait {
    TimePoint until;
};
struct Finished {
    bool complete = false;  // the peer acknowledged the last block
    std::string reason;     // why not; for logs and events, never sent
    ByteView last_datagram; // an ERROR for the peer, or empty
};
using Step = std::variant<Send, Wait, Finished>;

class ReadTransfer {
public:
    // Fills the span with the file's bytes from that offset; returns how many (fewer only at the
    // file's end).
    using ReadBlock = std::function<Result<std::size_t>(std::uint64_t, std::span<std::uint8_t>)>;

    // size: of the file now; if it changes later the transfer fails.
    ReadTransfer(Tid peer, const Agreement& agreement, std::uint64_t size, ReadBlock read,
                 RetryPolicy policy = {});

    // Call once, first.
    Step start(TimePoint now);
    Step on_datagram(const Tid& from, ByteView datagram, TimePoint now);
    // Safe to call early: it waits on.
    Step on_timeout(TimePoint now);

    std::uint64_t bytes_acknowledged() const;
    // The peer has answered what was sent to it, so its address is its own.
    bool peer_verified() const { return verified_; }

private:
    Step on_ack(std::uint16_t block, TimePoint now);
    Step send_block(std::uint64_t block, TimePoint now);
    Step send_first_time(TimePoint now);
    Step send_again(TimePoint now);
    Step give_up(ErrorCode code, std::string_view text, std::string reason);
    // Number of the block that ends the file; blocks count from 1, and 0 is the OACK.
    std::uint64_t last_block() const { return size_ / blksize_ + 1; }

    Tid peer_;
    std::size_t blksize_;
    std::uint64_t size_;
    ReadBlock read_;
    RetryPolicy policy_;
    std::uint64_t block_ = 0; // the one in datagram_
    Bytes datagram_;          // what was sent last to the peer
    Bytes answer_;            // an ERROR, to the peer or a stranger
    std::chrono::milliseconds wait_{};
    int sends_ = 0; // of datagram_
    TimePoint until_;
    bool verified_ = false;
    bool has_oack_ = false;
};

} // namespace plugtone::tftpd
