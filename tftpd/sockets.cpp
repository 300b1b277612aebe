#include "tftpd/sockets.hpp"

#include <cstdlib>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "core/base/ipv4.hpp"

namespace plugtone::tftpd {

namespace {

// The kernel counts about 800 bytes for a request.
constexpr int request_queue_bytes = 1 << 20;

Done prepare(const Fd& socket, bool is_udp) {
    const int flags = ::fcntl(socket.get(), F_GETFL);
    if (flags < 0 || ::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0 ||
        ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC) != 0)
        return fail_errno("cannot prepare the socket " + local_name(socket));
    const int yes = 1;
    if (is_udp && ::setsockopt(socket.get(), IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes) != 0)
        return fail_errno("cannot set IP_PKTINFO on " + local_name(socket));
    return {};
}

Result<Fd> bind_socket(int type, const Ipv4& address, std::uint16_t port) {
    Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    if (!socket)
        return fail_errno("cannot open a socket");
    const std::string name = address.text() + ":" + std::to_string(port);
    const bool is_udp = type == SOCK_DGRAM;
    const int yes = 1;
    // Only for TCP, where it means "restart at once"; for UDP it would let two servers share a
    // port.
    if (!is_udp && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0)
        return fail_errno("cannot set SO_REUSEADDR on " + name);
    // A whole office's requests at once, which the kernel's own limit would cut to a fifth: the
    // force is root's; without it, what the limit allows.
    const int queue = request_queue_bytes;
    if (is_udp && ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue) != 0)
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(address.number);
    where.sin_port = htons(port);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
        return fail_errno("cannot bind " + std::string(is_udp ? "UDP " : "TCP ") + name);
    if (!is_udp && ::listen(socket.get(), SOMAXCONN) != 0)
        return fail_errno("cannot listen on " + name);
    return socket;
}

Channel channel_named(std::string_view name, bool is_udp) {
    if (is_udp)
        return Channel::tftp;
    for (const Channel channel : {Channel::https, Channel::legacy_https, Channel::metrics})
        if (name == channel_name(channel))
            return channel;
    return Channel::http;
}

Result<std::vector<Listener>> listeners_of_systemd() {
    char** raw_names = nullptr;
    const int count = ::sd_listen_fds_with_names(1, &raw_names);
    std::vector<Listener> listeners;
    std::vector<std::string> names;
    for (int at = 0; raw_names != nullptr && at < count; ++at) {
        names.emplace_back(raw_names[at]);
        std::free(raw_names[at]);
    }
    std::free(raw_names);
    for (int at = 0; at < count; ++at) {
        const int number = SD_LISTEN_FDS_START + at;
        const bool is_udp = ::sd_is_socket_inet(number, AF_INET, SOCK_DGRAM, -1, 0) > 0;
        if (!is_udp && ::sd_is_socket_inet(number, AF_INET, SOCK_STREAM, 1, 0) <= 0)
            return fail("socket " + std::to_string(number) +
                        " from systemd: want IPv4, UDP for TFTP or listening TCP for HTTP (in the "
                        ".socket unit: ListenDatagram=0.0.0.0:69, ListenStream=0.0.0.0:80)");
        const std::string name = names.empty() ? "" : names.at(static_cast<std::size_t>(at));
        listeners.push_back({Fd(number), channel_named(name, is_udp)});
    }
    return listeners;
}

Result<std::vector<Listener>> bind_listeners(const Settings& settings) {
    static constexpr std::string_view loopback = "127.0.0.1";
    struct Wanted {
        std::string address;
        std::uint16_t port;
        Channel channel;
    };
    std::vector<Wanted> wanted;
    for (const std::string& address : settings.listen) {
        wanted.push_back({address, settings.tftp_port, Channel::tftp});
        wanted.push_back({address, settings.http_port, Channel::http});
        if (settings.https_port != 0)
            wanted.push_back({address, settings.https_port, Channel::https});
        if (settings.legacy_https_port != 0)
            wanted.push_back({address, settings.legacy_https_port, Channel::legacy_https});
    }
    if (settings.metrics_port != 0)
        wanted.push_back({std::string(loopback), settings.metrics_port, Channel::metrics});
    std::vector<Listener> listeners;
    for (const Wanted& one : wanted) {
        const auto address = Ipv4::parse(one.address);
        if (!address)
            return fail("listen: want an IPv4 address, got '" + one.address + "'");
        auto socket = bind_socket(one.channel == Channel::tftp ? SOCK_DGRAM : SOCK_STREAM, *address,
                                  one.port);
        if (!socket)
            return tl::unexpected(socket.error());
        listeners.push_back({std::move(*socket), one.channel});
    }
    return listeners;
}

} // namespace

Result<std::vector<Listener>> open_listeners(const Settings& settings) {
    auto listeners = ::sd_listen_fds(0) > 0 ? listeners_of_systemd() : bind_listeners(settings);
    if (!listeners)
        return listeners;
    for (const Listener& listener : *listeners)
        if (const auto done = prepare(listener.socket, listener.channel == Channel::tftp); !done)
            return tl::unexpected(done.error());
    return listeners;
}

std::string local_name(const Fd& socket) {
    sockaddr_in where{};
    socklen_t size = sizeof where;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&where), &size) != 0)
        return "?";
    return Ipv4{ntohl(where.sin_addr.s_addr)}.text() + ":" + std::to_string(ntohs(where.sin_port));
}

} // namespace plugtone::tftpd
