#include "phone/packet_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <linux/filter.h>
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

// Whole UDP datagrams over IPv4 to port 68, so that what else goes by does not fill the buffer.
constexpr auto to_dhcp_clients = std::to_array<sock_filter>({
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 8),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1FFF, 4, 0),
    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
    BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 68, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, frame_size_max),
    BPF_STMT(BPF_RET | BPF_K, 0),
});

bool is_for(const Mac& own, const Mac& destination) {
    const auto& bytes = destination.bytes();
    return destination == own ||
           std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0xFF; });
}

} // namespace

Result<Fd> PacketSocket::bound(int index, std::uint16_t protocol) {
    Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket)
        return fail_errno("cannot open a packet socket (CAP_NET_RAW is needed: run it as root)");
    const int on = 1;
    if (::setsockopt(socket.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) < 0)
        return fail_errno("cannot set up the packet socket");
    sockaddr_ll here{};
    here.sll_family = AF_PACKET;
    here.sll_protocol = htons(protocol);
    here.sll_ifindex = index;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) < 0)
        return fail_errno("cannot bind the packet socket");
    return socket;
}

Result<PacketSocket> PacketSocket::open(int index) {
    auto socket = bound(index, ETH_P_IP);
    if (!socket)
        return tl::unexpected(socket.error());
    return PacketSocket(std::move(*socket), index);
}

// The kernel shows what this machine sends to those only who want every protocol. The interface
// takes in only what is for its own MAC, and an answer goes to the phone's.
Result<PacketSocket> PacketSocket::open_beside_server(int index, const Mac& mac) {
    auto socket = bound(index, ETH_P_ALL);
    if (!socket)
        return tl::unexpected(socket.error());
    auto program = to_dhcp_clients;
    const sock_fprog filter{.len = static_cast<unsigned short>(program.size()),
                            .filter = program.data()};
    packet_mreq every_address{};
    every_address.mr_ifindex = index;
    every_address.mr_type = PACKET_MR_PROMISC;
    if (::setsockopt(socket->get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0 ||
        ::setsockopt(socket->get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &every_address,
                     sizeof every_address) < 0)
        return fail_errno("cannot set up the packet socket");
    PacketSocket made(std::move(*socket), index);
    made.own_ = mac;
    return made;
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
    const bool for_host = from.sll_pkttype == PACKET_HOST || from.sll_pkttype == PACKET_BROADCAST;
    if (!own_ && !for_host)
        return std::nullopt;
    auto frame = decode_udp_frame(ByteView(buffer_.data(), static_cast<std::size_t>(got)),
                                  checksum_state(message));
    if (!frame || (own_ && !is_for(*own_, frame->destination)))
        return std::nullopt;
    return std::optional(std::move(*frame));
}

} // namespace plugtone
