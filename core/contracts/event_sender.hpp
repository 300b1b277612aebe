// Sends events to the agent's socket. Never blocks, never fails, never throws for want of a reader:
// what cannot be delivered at once is counted. Any thread. (The one socket in core: hook and file
// server would both have it.)
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "core/base/fd.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

class EventSender {
public:
    // path: of the agent's datagram socket; it need not exist. An empty path sends nothing and
    // counts nothing.
    explicit EventSender(std::string path);

    void send(const Event& event) noexcept;
    std::uint64_t sent() const { return sent_; }
    std::uint64_t dropped() const { return dropped_; }

private:
    bool deliver(const Event& event) const;

    std::string path_;
    Fd socket_;
    std::atomic<std::uint64_t> sent_{0};
    std::atomic<std::uint64_t> dropped_{0};
};

} // namespace plugtone
