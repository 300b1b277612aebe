#include "core/contracts/event_sender.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>

#include <sys/socket.h>
#include <sys/un.h>

#include "core/base/iovec.hpp"

namespace plugtone {

namespace {

constexpr std::size_t at_once = 64;

// How many of the first ones went out; none: errno says why.
std::size_t send_batch(int socket, sockaddr_un& address, std::span<const std::string> datagrams) {
    std::array<mmsghdr, at_once> messages{};
    std::array<iovec, at_once> contents{};
    std::size_t count = 0;
    for (; count < std::min(at_once, datagrams.size()); ++count) {
        const std::string& datagram = datagrams[count];
        if (datagram.size() > event_size_max)
            break;
        contents.at(count) = piece_of(datagram.data(), datagram.size());
        msghdr& message = messages.at(count).msg_hdr;
        message.msg_name = &address;
        message.msg_namelen = sizeof address;
        message.msg_iov = &contents.at(count);
        message.msg_iovlen = 1;
    }
    const int sent = ::sendmmsg(socket, messages.data(), static_cast<unsigned>(count),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

} // namespace

EventSender::EventSender(std::string path)
    : path_(std::move(path)),
      socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}

void EventSender::send(const Event& event) noexcept {
    if (path_.empty())
        return;
    try {
        const std::string datagram = encode_event(event);
        if (send_some({&datagram, 1}) == 0)
            count_dropped(1);
    } catch (const std::exception&) {
        count_dropped(1); // no memory for the datagram
    }
}

// False: there is no room for it; all else has to wait, too.
bool EventSender::tell_dropped(sockaddr_un& address) noexcept {
    const std::uint64_t count = untold_.exchange(0);
    if (count == 0)
        return true;
    try {
        const std::string datagram = encode_event(
            {EventKind::dropped,
             {{"SENDER", program_invocation_short_name}, {"COUNT", std::to_string(count)}}});
        if (send_batch(socket_.get(), address, {&datagram, 1}) == 1)
            return true;
    } catch (const std::exception&) {
        errno = EAGAIN; // no memory for the datagram: the next time
    }
    untold_ += count;
    return false;
}

std::size_t EventSender::send_some(std::span<const std::string> datagrams) noexcept {
    // The address each time, not connect(): an agent that comes back has a new socket at the same
    // path.
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const bool is_usable = !path_.empty() && path_.size() < sizeof address.sun_path;
    if (is_usable)
        std::copy(path_.begin(), path_.end(), std::begin(address.sun_path));
    std::size_t done = 0;
    while (is_usable && done < datagrams.size()) {
        if (datagrams[done].size() > event_size_max) {
            ++done;
            count_dropped(1);
            continue;
        }
        const std::size_t sent =
            tell_dropped(address) ? send_batch(socket_.get(), address, datagrams.subspan(done)) : 0;
        sent_ += sent;
        done += sent;
        if (sent == 0 && errno == EAGAIN)
            return done;
        if (sent == 0)
            break; // nobody listens
    }
    count_dropped(datagrams.size() - done);
    return datagrams.size();
}

} // namespace plugtone
