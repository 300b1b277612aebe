#include "agent/event_socket.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/base/log.hpp"

namespace plugtone {

namespace {

// So that a branch whose phones all boot at once (a power cut) loses nothing while a publish runs.
constexpr int receive_buffer_bytes = 4 << 20;

} // namespace

Result<EventSocket> EventSocket::open(const std::string& path) {
    const int count = ::sd_listen_fds(1);
    if (count == 0)
        return listen(path);
    if (count != 1 || ::sd_is_socket(SD_LISTEN_FDS_START, AF_UNIX, SOCK_DGRAM, -1) <= 0)
        return fail("events: want one socket from systemd, of datagrams (in the .socket unit: "
                    "ListenDatagram=" +
                    path + ")");
    Fd socket(SD_LISTEN_FDS_START);
    if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0)
        return fail_errno("cannot prepare the socket for events");
    return EventSocket(std::move(socket));
}

Result<EventSocket> EventSocket::listen(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return fail("events: want a path of 1 to " + std::to_string(sizeof address.sun_path - 1) +
                    " bytes, got '" + path + "'");
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket)
        return fail_errno("cannot make a socket");
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) {
        if (!S_ISSOCK(status.st_mode))
            return fail("events: " + path + " is there and is no socket; it is left alone");
        ::unlink(path.c_str());
    }
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_errno("cannot listen for events at " + path);
    if (::chmod(path.c_str(), 0666) != 0)
        return fail_errno("cannot open " + path + " to the file server and Kea");
    // Best effort: an unprivileged agent gets the system's limit instead.
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer_bytes,
                     sizeof receive_buffer_bytes) != 0)
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                     sizeof receive_buffer_bytes);
    return EventSocket(std::move(socket));
}

std::vector<Event> EventSocket::receive(std::size_t count_max) {
    std::vector<Event> events;
    Bytes buffer(event_size_max + 1);
    for (std::size_t taken = 0; taken < count_max; ++taken) {
        const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            break;
        auto event = decode_event(ByteView(buffer).first(static_cast<std::size_t>(size)));
        if (event) {
            events.push_back(*std::move(event));
        } else {
            ++malformed_;
            log(Level::warning, "event-malformed", {{"why", event.error().message}});
        }
    }
    return events;
}

} // namespace plugtone
