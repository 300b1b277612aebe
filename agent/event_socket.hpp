// The datagram socket that the hook and the file server send events to. One thread.
#pragma once

#include <string>
#include <vector>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

class EventSocket {
public:
    // The one that systemd passes (LISTEN_FDS, plugtone-agent.socket); without it, one at the path.
    static Result<EventSocket> open(const std::string& path);
    // Takes the place of a socket that an earlier agent left there. Mode 0666: who may send is
    // decided by the folder.
    static Result<EventSocket> listen(const std::string& path);

    int fd() const { return socket_.get(); }
    // The events among what has arrived, of which it takes at most count_max; never waits.
    std::vector<Event> receive(std::size_t count_max);
    std::uint64_t malformed() const { return malformed_; }

private:
    explicit EventSocket(Fd socket) : socket_(std::move(socket)) {}

    Fd socket_;
    std::uint64_t malformed_ = 0;
};

} // namespace plugtone
