#include "phone/packet_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sys/socket.h>

namespace plugtone {

namespace {

constexpr std::size_t frame_size_max = 65536;
// How long one wait may be, so that a signal between looking for it and waiting is not missed.
constexpr int poll_max_ms = 500;

// A frame of this machine whose checksum the hardware was to compute.
UdpChecksum checksum_state(msghdr& message) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_PACKET || part->cmsg_type != PACKET_AUXDATA)
            continue;
        tpacket_auxdata data{};
        std::memcpy(&data, CMSG_DATA(part), sizeof data);
        if ((data.tp_status & TP_STATUS_CSUMNOTREADY) != 0)
            return UdpChecksum::not_computed;
    }
    return UdpChecksum::computed;
}

} // namespace

Result<PacketSocket> PacketSocket::open(int index) {
    Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket)
        return fail_errno("cannot open a packet socket (CAP_NET_RAW is needed: run it as root)");
    const int on = 1;
    if (::setsockopt(socket.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) < 0)
        return fail_errno("cannot set up the packet socket");
    sockaddr_ll here{};
    here.sll_family = AF_PACKET;
    here.sll_protocol = htons(ETH_P_IP);
    here.sll_ifindex = index;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) < 0)
        return fail_errno("cannot bind the packet socket");
    return PacketSocket(std::move(socket), index);
}

Done PacketSocket::send(const UdpFrame& frame) {
    const Bytes bytes = encode_udp_frame(frame);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = index_;
    to.sll_halen = 6;
    std::copy(frame.destination.bytes().begin(), frame.destination.bytes().end(), to.sll_addr);
    if (::sendto(socket_.get(), bytes.data(), bytes.size(), 0,
                 reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0)
        return fail_errno("cannot send a frame");
    return {};
}

Result<std::optional<UdpFrame>> PacketSocket::receive(std::chrono::steady_clock::time_point until) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now())
                .count();
        if (left <= 0)
            return std::nullopt;
        pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        const int ready =
            ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left, poll_max_ms)));
        if (ready < 0 && errno != EINTR)
            return fail_errno("cannot wait for a frame");
        if (ready <= 0)
            return std::nullopt;
        auto frame = take();
        if (!frame || *frame)
            return frame;
    }
}

Result<std::optional<UdpFrame>> PacketSocket::take() {
    buffer_.resize(frame_size_max);
    alignas(cmsghdr) std::array<std::uint8_t, 256> control{};
    sockaddr_ll from{};
    iovec part{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(socket_.get(), &message, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
        return std::nullopt;
    if (got < 0)
        return fail_errno("cannot receive a frame");
    const bool for_us = from.sll_pkttype == PACKET_HOST || from.sll_pkttype == PACKET_BROADCAST;
    if (!for_us)
        return std::nullopt;
    auto frame = decode_udp_frame(ByteView(buffer_.data(), static_cast<std::size_t>(got)),
                                  checksum_state(message));
    if (!frame)
        return std::nullopt;
    return std::optional(std::move(*frame));
}

} // namespace plugtone
