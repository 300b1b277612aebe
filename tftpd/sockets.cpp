#include "tftpd/sockets.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "core/base/ipv4.hpp"

namespace plugtone::tftpd {

namespace {

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

Result<Listeners> listeners_of_systemd(int count) {
    Listeners listeners;
    for (int number = SD_LISTEN_FDS_START; number < SD_LISTEN_FDS_START + count; ++number) {
        if (::sd_is_socket_inet(number, AF_INET, SOCK_DGRAM, -1, 0) > 0)
            listeners.tftp.emplace_back(number);
        else if (::sd_is_socket_inet(number, AF_INET, SOCK_STREAM, 1, 0) > 0)
            listeners.http.emplace_back(number);
        else
            return fail("socket " + std::to_string(number) +
                        " from systemd: want IPv4, UDP for TFTP or listening TCP for HTTP (in the "
                        ".socket unit: ListenDatagram=0.0.0.0:69, ListenStream=0.0.0.0:80)");
    }
    return listeners;
}

Result<Listeners> bind_listeners(const Settings& settings) {
    Listeners listeners;
    for (const std::string& text : settings.listen) {
        const auto address = Ipv4::parse(text);
        if (!address)
            return fail("listen: want an IPv4 address, got '" + text + "'");
        auto tftp = bind_socket(SOCK_DGRAM, *address, settings.tftp_port);
        if (!tftp)
            return tl::unexpected(tftp.error());
        auto http = bind_socket(SOCK_STREAM, *address, settings.http_port);
        if (!http)
            return tl::unexpected(http.error());
        listeners.tftp.push_back(std::move(*tftp));
        listeners.http.push_back(std::move(*http));
    }
    return listeners;
}

} // namespace

Result<Listeners> open_listeners(const Settings& settings) {
    const int passed = ::sd_listen_fds(1);
    auto listeners = passed > 0 ? listeners_of_systemd(passed) : bind_listeners(settings);
    if (!listeners)
        return listeners;
    for (const Fd& socket : listeners->tftp)
        if (const auto done = prepare(socket, true); !done)
            return tl::unexpected(done.error());
    for (const Fd& socket : listeners->http)
        if (const auto done = prepare(socket, false); !done)
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
