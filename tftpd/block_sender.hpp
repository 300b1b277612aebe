// Puts DATA packets on the wire: many blocks in one call, straight from where the file's bytes lie.
// A window goes out as one datagram that the kernel cuts into packets (udp(7), UDP_SEGMENT; Linux
// 4.18), or as one sendmmsg(2) where that is not to be had. One thread.
#pragma once

#include <array>
#include <cstdint>

#include <netinet/in.h>
#include <sys/socket.h>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "tftpd/codec.hpp"
#include "tftpd/read_transfer.hpp"

namespace plugtone::tftpd {

sockaddr_in socket_address(const Tid& tid);
Tid tid_of(const sockaddr_in& address);

// Where datagrams go, and from where.
struct Route {
    sockaddr_in to{};
    in_addr source{}; // for a socket that is bound to no address; 0: whatever the kernel takes
};

class BlockSender {
public:
    // What cannot be sent now counts as lost on the wire: the retransmission sees to it. Fails only
    // when the content is not there any more.
    Done send(int socket, const Route& route, ByteView content, std::size_t blksize,
              const SendBlocks& blocks);

private:
    // The most that the kernel cuts up (UDP_MAX_SEGMENTS), and what one datagram holds.
    static constexpr std::size_t segments_max = 64;
    static constexpr std::size_t datagram_max = 65507;

    void gather(ByteView content, std::size_t blksize, std::uint64_t first, std::size_t count);
    bool send_one(int socket, const Route& route, std::size_t count, std::size_t segment_size);
    bool send_each(int socket, const Route& route, std::size_t count);

    std::array<std::array<std::uint8_t, data_header_size>, segments_max> headers_{};
    std::array<iovec, 2 * segments_max> pieces_{}; // header and payload by turns
};

// ERROR, OACK. As above, what cannot be sent counts as lost.
void send_datagram(int socket, const Route& route, ByteView datagram);

} // namespace plugtone::tftpd
