// Carries out a Resync over one UDP socket, without waiting for anything: the loop asks for the
// descriptor and the time, and calls advance(). One thread.
#pragma once

#include "agent/resync.hpp"
#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace plugtone {

class Notifier {
public:
    // Responses read in one go.
    static constexpr int responses_per_turn = 64;

    // On a port that the system chooses, of all our addresses.
    static Result<Notifier> open(ResyncLimits limits);

    int fd() const { return socket_.get(); }
    // Reads what has come, and sends what is due.
    void advance(Resync::Time now);
    Resync& resync() { return resync_; }
    const Resync& resync() const { return resync_; }
    // Datagrams that were no response of SIP's.
    std::uint64_t malformed() const { return malformed_; }

private:
    Notifier(Fd socket, std::uint16_t port, ResyncLimits limits);
    void receive(Resync::Time now);
    Done send(const Resync::Datagram& datagram) const;

    Fd socket_;
    std::uint16_t port_;
    Resync resync_;
    std::uint64_t malformed_ = 0;
};

} // namespace plugtone
