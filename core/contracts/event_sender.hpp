// Sends events to the agent's socket. Never blocks, never fails, never throws for want of a reader:
// what cannot be delivered at once is counted, and the agent is told how much that was as soon as
// it reads again (EventKind::dropped). Any thread. (The one socket in core: hook and file server
// would both have it.)
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>

#include <sys/un.h>

#include "core/base/fd.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

class EventSender {
public:
    // path: of the agent's datagram socket; it need not exist. An empty path sends nothing and
    // counts nothing.
    explicit EventSender(std::string path);

    void send(const Event& event) noexcept;
    // Encoded ones (encode_event), in as few calls as the kernel allows. Returns how many of the
    // first ones are done with, sent or dropped; the others found the agent's queue full, and may
    // be tried again.
    std::size_t send_some(std::span<const std::string> datagrams) noexcept;
    // Events that the caller gave up.
    void count_dropped(std::size_t count) noexcept {
        dropped_ += count;
        untold_ += count;
    }
    // False for the empty path: nobody need make an event.
    bool is_wanted() const { return !path_.empty(); }
    std::uint64_t sent() const { return sent_; }
    std::uint64_t dropped() const { return dropped_; }

private:
    bool tell_dropped(sockaddr_un& address) noexcept;

    std::string path_;
    Fd socket_;
    std::atomic<std::uint64_t> sent_{0};
    std::atomic<std::uint64_t> dropped_{0};
    std::atomic<std::uint64_t> untold_{0}; // of the dropped ones
};

} // namespace plugtone
