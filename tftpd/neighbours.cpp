#include "tftpd/neighbours.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/base/fd.hpp"

namespace plugtone::tftpd {

namespace {

// Entries in other states name an address that nobody answered at.
constexpr unsigned believed_states =
    NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
// The kernel's dumps use no larger datagrams (NLMSG_GOODSIZE, at most 8 KiB; 32 KiB on request).
constexpr std::size_t datagram_size_max = 32768;

template <class T>
T read_as(ByteView bytes, std::size_t at) {
    T value{};
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

void read_entry(ByteView message, const Ipv4& address, NeighbourAnswer& answer) {
    if (message.size() < sizeof(ndmsg))
        return;
    const auto entry = read_as<ndmsg>(message, 0);
    if (entry.ndm_family != AF_INET || (entry.ndm_state & believed_states) == 0)
        return;
    std::optional<Ipv4> found;
    std::optional<Mac> mac;
    for (std::size_t at = NLMSG_ALIGN(sizeof(ndmsg)); at + sizeof(rtattr) <= message.size();) {
        const auto attribute = read_as<rtattr>(message, at);
        if (attribute.rta_len < sizeof(rtattr) || at + attribute.rta_len > message.size())
            return;
        const ByteView value =
            message.subspan(at + sizeof(rtattr), attribute.rta_len - sizeof(rtattr));
        if (attribute.rta_type == NDA_DST && value.size() == 4)
            found = Ipv4{static_cast<std::uint32_t>(value[0]) << 24U |
                         static_cast<std::uint32_t>(value[1]) << 16U |
                         static_cast<std::uint32_t>(value[2]) << 8U | value[3]};
        if (const auto parsed = Mac::from_bytes(value); attribute.rta_type == NDA_LLADDR && parsed)
            mac = *parsed;
        at += RTA_ALIGN(attribute.rta_len);
    }
    if (found != address || !mac)
        return;
    if (answer.mac && answer.mac != mac)
        answer.contradicts = true;
    answer.mac = mac;
}

Done ask_for_dump(const Fd& socket) {
    struct {
        nlmsghdr header;
        ndmsg body;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_GETNEIGH;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.ndm_family = AF_INET;
    if (::send(socket.get(), &request, sizeof request, 0) < 0)
        return fail_errno("cannot ask for the neighbour table");
    return {};
}

} // namespace

Done read_neighbours(ByteView datagram, const Ipv4& address, NeighbourAnswer& answer) {
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= datagram.size();) {
        const auto header = read_as<nlmsghdr>(datagram, at);
        if (header.nlmsg_len < sizeof(nlmsghdr) || at + header.nlmsg_len > datagram.size())
            return fail("neighbour table: a message is cut off");
        const ByteView body =
            datagram.subspan(at + sizeof(nlmsghdr), header.nlmsg_len - sizeof(nlmsghdr));
        if (header.nlmsg_type == NLMSG_DONE)
            answer.is_last = true;
        else if (header.nlmsg_type == NLMSG_ERROR)
            return fail(ErrorKind::io, "neighbour table: the kernel refused the question");
        else if (header.nlmsg_type == RTM_NEWNEIGH)
            read_entry(body, address, answer);
        at += NLMSG_ALIGN(header.nlmsg_len);
    }
    return {};
}

Result<std::optional<Mac>> find_neighbour(const Ipv4& address) {
    const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket)
        return fail_errno("cannot open a netlink socket");
    // The kernel answers before send() returns; should it ever not, serving must go on.
    const timeval patience{1, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (const auto asked = ask_for_dump(socket); !asked)
        return tl::unexpected(asked.error());
    NeighbourAnswer answer;
    while (!answer.is_last) {
        std::array<std::uint8_t, datagram_size_max> buffer; // filled by recv
        const ssize_t size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return fail_errno("cannot read the neighbour table");
        const ByteView datagram(buffer.data(), static_cast<std::size_t>(size));
        if (const auto read = read_neighbours(datagram, address, answer); !read)
            return tl::unexpected(read.error());
    }
    return answer.contradicts ? std::nullopt : answer.mac;
}

} // namespace plugtone::tftpd
