#include "tftpd/tcp_delivery.hpp"

// Not <netinet/tcp.h>, whose tcp_info ends before tcpi_bytes_acked; the two exclude each other.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace plugtone::tftpd {

namespace {

constexpr std::uint8_t state_close = 7; // TCP_CLOSE of <netinet/tcp.h>

} // namespace

Delivery delivery_of(int socket, std::uint64_t bytes) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return Delivery::lost;
    if (info.tcpi_bytes_acked >= bytes)
        return Delivery::complete;
    return info.tcpi_state == state_close ? Delivery::lost : Delivery::pending;
}

} // namespace plugtone::tftpd
