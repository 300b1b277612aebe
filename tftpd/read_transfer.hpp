// One file on its way to one client over TFTP (RFC 1350 section 2, RFC 2347, windows by RFC 7440).
// A value that is fed datagrams and time and says what to do next: no socket, no clock, no file.
//
// Blocks count from 1, and 0 stands for the OACK. A block is repeated when its time is up, never
// for a duplicate ACK (RFC 1123 section 4.2.3.1, the "Sorcerer's Apprentice"); only with a window
// larger than one does the repeated ACK of the block before the window say that its beginning was
// lost (RFC 7440 section 4), and then it is heeded once, and not sooner than an answer to the
// window itself could come. Until the first ACK the peer's address is only a claim, which anybody
// may have forged: it is sent no more than RetryPolicy::sends_unverified packets of at most 516
// bytes.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <variant>

#include "core/base/bytes.hpp"
#include "core/base/ipv4.hpp"
#include "tftpd/codec.hpp"
#include "tftpd/negotiation.hpp"
#include "tftpd/round_trip.hpp"

namespace plugtone::tftpd {

// A transfer identifier: RFC 1350's port, with its host.
struct Tid {
    Ipv4 address;
    std::uint16_t port = 0;
    auto operator<=>(const Tid&) const = default;
};

struct RetryPolicy {
    int sends_unverified = 3;          // of the first packet,
    int unverified_backoff = 5;        // each wait that many times the one before
    std::chrono::seconds patience{30}; // without any progress; six timeouts if they are longer
};

// The datagram, an OACK or an ERROR, is valid until the transfer is called again.
struct SendPacket {
    Tid to;
    ByteView datagram;
};
// To the peer, in this order, each with the header that its number gives.
struct SendBlocks {
    std::uint64_t first = 0;
    std::size_t count = 0;
};
struct Wait {};
struct Finished {
    bool complete = false;  // the peer acknowledged the last block
    std::string reason;     // why not; for logs and events, never sent
    ByteView last_datagram; // an ERROR for the peer, or empty
};
using Step = std::variant<Wait, SendPacket, SendBlocks, Finished>;

class ReadTransfer {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    // size: of what is sent, in bytes.
    ReadTransfer(Tid peer, const Agreement& agreement, std::uint64_t size, RetryPolicy policy = {});

    // Call once, first.
    Step start(TimePoint now);
    Step on_datagram(const Tid& from, ByteView datagram, TimePoint now);
    // Safe to call early: it waits on.
    Step on_timeout(TimePoint now);
    // The content cannot be had any more; reason: for logs and events.
    Finished on_lost_content(std::string reason);

    // When to call on_timeout, unless a datagram comes first.
    TimePoint until() const { return until_; }
    std::uint64_t bytes_acknowledged() const;
    std::uint64_t packets_repeated() const { return repeated_; }
    // The peer has answered what was sent to it, so its address is its own.
    bool peer_verified() const { return verified_; }
    std::size_t blksize() const { return blksize_; }
    std::uint64_t size() const { return size_; }

private:
    Step on_ack(std::uint16_t number, TimePoint now);
    Step on_duplicate_ack(TimePoint now);
    // What is not acknowledged, from next_ on, as much as a window takes.
    Step send_window(TimePoint now, bool is_repetition);
    Step give_up(ErrorCode code, std::string_view text, std::string reason);
    std::uint64_t last_block() const { return size_ / blksize_ + 1; }
    RoundTrip::Duration wait() const { return timeout_ ? *timeout_ : round_trip_.wait(); }
    bool is_out_of_patience(TimePoint now) const;

    Tid peer_;
    std::size_t blksize_;
    std::size_t windowsize_;
    std::uint64_t size_;
    std::optional<RoundTrip::Duration> timeout_; // that the client asked for
    RetryPolicy policy_;
    RoundTrip round_trip_;
    std::uint64_t next_; // the first block that is not acknowledged
    std::uint64_t end_;  // after the last block that is sent
    Bytes oack_;
    Bytes answer_; // an ERROR, to the peer or a stranger
    TimePoint sent_at_;
    TimePoint until_;
    TimePoint progress_at_;
    int sends_ = 0;             // of what is in flight
    bool is_ambiguous_ = false; // an ACK may answer an earlier sending
    bool heeded_duplicate_ = false;
    bool verified_ = false;
    std::uint64_t repeated_ = 0;
};

} // namespace plugtone::tftpd
