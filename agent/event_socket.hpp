// The datagram socket that the hook and the file server send events to. A thread of its own empties
// it, since the kernel lets only a handful of datagrams wait (net.unix.max_dgram_qlen), and the
// agent's thread may be busy with a publish while a whole branch boots.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

// One thread.
class EventSocket {
public:
    // Datagrams that may wait for receive(), together, bytes: with all the events of 1,000 phones'
    // boot some 4 MB. Beyond that the senders find the socket full, and count what they drop.
    static constexpr std::size_t waiting_max = std::size_t{32} << 20U;

    // The one that systemd passes (LISTEN_FDS, plugtone-agent.socket); without it, one at the path.
    static Result<EventSocket> open(const std::string& path);
    // Takes the place of a socket that an earlier agent left there. Mode 0666: who may send is
    // decided by the folder.
    static Result<EventSocket> listen(const std::string& path);
    EventSocket(EventSocket&&) noexcept;
    EventSocket(const EventSocket&) = delete;
    EventSocket& operator=(const EventSocket&) = delete;
    EventSocket& operator=(EventSocket&&) noexcept;
    ~EventSocket();

    // Readable while something waits.
    int fd() const;
    // The events among what has arrived, of which it takes at most count_max; never waits.
    std::vector<Event> receive(std::size_t count_max);
    std::uint64_t malformed() const { return malformed_; }

private:
    class Inbox;
    explicit EventSocket(std::unique_ptr<Inbox> inbox);

    std::unique_ptr<Inbox> inbox_;
    std::uint64_t malformed_ = 0;
};

} // namespace plugtone
