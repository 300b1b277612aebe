#include "tftpd/block_sender.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <netinet/udp.h>

#include "core/base/iovec.hpp"
#include "core/base/log.hpp"

namespace plugtone::tftpd {

namespace {

constexpr int send_flags = MSG_DONTWAIT | MSG_NOSIGNAL;

void log_send_error(const Route& route) {
    log(Level::debug, "tftp-send",
        {{"peer", tid_of(route.to).address.text()}, {"reason", std::strerror(errno)}});
}

// A message and the control data that it needs.
class Message {
public:
    Message(const Route& route, iovec* pieces, std::size_t count) : to_(route.to) {
        header_.msg_name = &to_;
        header_.msg_namelen = sizeof to_;
        header_.msg_iov = pieces;
        header_.msg_iovlen = count;
        in_pktinfo from{};
        from.ipi_spec_dst = route.source;
        if (route.source.s_addr != 0)
            add(IPPROTO_IP, IP_PKTINFO, from);
    }

    template <class Value>
    void add(int level, int type, const Value& value) {
        auto* place = control_.data() + used_;
        auto* option = reinterpret_cast<cmsghdr*>(place);
        option->cmsg_level = level;
        option->cmsg_type = type;
        option->cmsg_len = CMSG_LEN(sizeof value);
        std::memcpy(CMSG_DATA(option), &value, sizeof value);
        used_ += CMSG_SPACE(sizeof value);
    }
    const msghdr& header() {
        header_.msg_control = used_ > 0 ? control_.data() : nullptr;
        header_.msg_controllen = used_;
        return header_;
    }

private:
    sockaddr_in to_;
    msghdr header_{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo)) +
                                          CMSG_SPACE(sizeof(std::uint16_t))> control_{};
    std::size_t used_ = 0;
};

} // namespace

sockaddr_in socket_address(const Tid& tid) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(tid.address.number);
    address.sin_port = htons(tid.port);
    return address;
}

Tid tid_of(const sockaddr_in& address) {
    return {Ipv4{ntohl(address.sin_addr.s_addr)}, ntohs(address.sin_port)};
}

void send_datagram(int socket, const Route& route, ByteView datagram) {
    iovec piece = piece_of(datagram.data(), datagram.size());
    Message message(route, &piece, 1);
    if (::sendmsg(socket, &message.header(), send_flags) < 0)
        log_send_error(route);
}

void BlockSender::gather(ByteView content, std::size_t blksize, std::uint64_t first,
                         std::size_t count) {
    for (std::size_t at = 0; at < count; ++at) {
        const std::uint64_t block = first + at;
        const std::uint64_t offset = std::min<std::uint64_t>((block - 1) * blksize, content.size());
        const std::size_t size = std::min<std::size_t>(blksize, content.size() - offset);
        auto& header = headers_.at(at);
        // After 65535 comes 0: every client that reads large files at all expects that.
        write_data_header(static_cast<std::uint16_t>(block & 0xFFFFU), header);
        pieces_.at(2 * at) = {header.data(), header.size()};
        pieces_.at(2 * at + 1) = piece_of(content.data() + offset, size);
    }
}

// False when the content could not be read.
bool BlockSender::send_one(int socket, const Route& route, std::size_t count,
                           std::size_t segment_size) {
    Message message(route, pieces_.data(), 2 * count);
    if (count > 1)
        message.add(SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(segment_size));
    if (::sendmsg(socket, &message.header(), send_flags) >= 0)
        return true;
    if (errno == EFAULT)
        return false;
    // EINVAL: a packet would not fit the interface's MTU; EIO: no checksums by the interface.
    if (count > 1 && (errno == EINVAL || errno == EIO || errno == ENOPROTOOPT))
        return send_each(socket, route, count);
    log_send_error(route);
    return true;
}

bool BlockSender::send_each(int socket, const Route& route, std::size_t count) {
    Message message(route, nullptr, 2);
    std::array<mmsghdr, segments_max> messages{};
    for (std::size_t at = 0; at < count; ++at) {
        messages.at(at).msg_hdr = message.header();
        messages.at(at).msg_hdr.msg_iov = &pieces_.at(2 * at);
    }
    if (::sendmmsg(socket, messages.data(), static_cast<unsigned>(count), send_flags) < 0) {
        if (errno == EFAULT)
            return false;
        log_send_error(route);
    }
    return true;
}

Done BlockSender::send(int socket, const Route& route, ByteView content, std::size_t blksize,
                       const SendBlocks& blocks) {
    const std::size_t packet = blksize + data_header_size;
    const std::size_t at_once = std::clamp(datagram_max / packet, std::size_t{1}, segments_max);
    for (std::size_t done = 0; done < blocks.count;) {
        const std::size_t count = std::min(at_once, blocks.count - done);
        gather(content, blksize, blocks.first + done, count);
        if (!send_one(socket, route, count, packet))
            return fail("the file became shorter than " + std::to_string(content.size()) +
                        " bytes");
        done += count;
    }
    return {};
}

} // namespace plugtone::tftpd
