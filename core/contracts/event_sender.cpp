#include "core/contracts/event_sender.hpp"

#include <algorithm>
#include <exception>

#include <sys/socket.h>
#include <sys/un.h>

namespace plugtone {

EventSender::EventSender(std::string path)
    : path_(std::move(path)),
      socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}

bool EventSender::deliver(const Event& event) const {
    const std::string datagram = encode_event(event);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (datagram.size() > event_size_max || path_.size() >= sizeof address.sun_path)
        return false;
    std::copy(path_.begin(), path_.end(), std::begin(address.sun_path));
    // The address each time, not connect(): an agent that comes back has a new socket at the same
    // path.
    return ::sendto(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&address),
                    sizeof address) == static_cast<ssize_t>(datagram.size());
}

void EventSender::send(const Event& event) noexcept {
    if (path_.empty())
        return;
    bool delivered = false;
    try {
        delivered = deliver(event);
    } catch (const std::exception&) {
        delivered = false; // no memory for the datagram: dropped, and counted as such
    }
    ++(delivered ? sent_ : dropped_);
}

} // namespace plugtone
