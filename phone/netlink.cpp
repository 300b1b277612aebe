#include "phone/netlink.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <span>

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "core/base/bytes.hpp"

namespace plugtone {

namespace {

constexpr std::uint32_t route_metric = 0xFFFFFF00U;

template <class T>
ByteView bytes_of(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

} // namespace

// One message that grows at its end: header, body, attributes, each padded to four bytes.
class Netlink::Request {
public:
    template <class Body>
    Request(std::uint16_t type, std::uint16_t flags, const Body& body) {
        header_.nlmsg_type = type;
        header_.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
        append(bytes_of(body));
    }
    void add(std::uint16_t type, ByteView value) {
        const rtattr attribute{.rta_len = static_cast<std::uint16_t>(sizeof(rtattr) + value.size()),
                               .rta_type = type};
        append(bytes_of(attribute));
        append(value);
    }
    template <class T>
    void add_value(std::uint16_t type, const T& value) {
        add(type, bytes_of(value));
    }
    void add_text(std::uint16_t type, const std::string& text) {
        add(type, {reinterpret_cast<const std::uint8_t*>(text.c_str()), text.size() + 1});
    }
    // Attributes added until close(open(type)) are inside it.
    std::size_t open(std::uint16_t type) {
        const std::size_t at = body_.size();
        add(type, {});
        return at;
    }
    void close(std::size_t at) {
        const auto size = static_cast<std::uint16_t>(body_.size() - at);
        std::memcpy(body_.data() + at, &size, sizeof size); // rta_len comes first
    }
    Bytes bytes(std::uint32_t sequence) {
        header_.nlmsg_len = static_cast<std::uint32_t>(sizeof header_ + body_.size());
        header_.nlmsg_seq = sequence;
        const ByteView head = bytes_of(header_);
        Bytes all(head.begin(), head.end());
        all.insert(all.end(), body_.begin(), body_.end());
        return all;
    }

private:
    void append(ByteView value) {
        body_.insert(body_.end(), value.begin(), value.end());
        body_.resize(NLMSG_ALIGN(body_.size()));
    }
    nlmsghdr header_{};
    Bytes body_;
};

Result<Netlink> Netlink::open() {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket)
        return fail_errno("cannot open a netlink socket");
    return Netlink(std::move(socket));
}

Done Netlink::ask(Request request, const std::string& what) {
    const std::uint32_t sequence = ++sequence_;
    const Bytes message = request.bytes(sequence);
    if (::send(socket_.get(), message.data(), message.size(), 0) < 0)
        return fail_errno("cannot " + what);
    alignas(nlmsghdr) std::array<std::uint8_t, 8192> answer{};
    for (;;) {
        const ssize_t got = ::recv(socket_.get(), answer.data(), answer.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno("cannot " + what);
        nlmsghdr header{};
        nlmsgerr error{};
        if (static_cast<std::size_t>(got) < sizeof header + sizeof error)
            return fail(ErrorKind::io, "cannot " + what + ": the kernel's answer is too short");
        std::memcpy(&header, answer.data(), sizeof header);
        std::memcpy(&error, answer.data() + sizeof header, sizeof error);
        if (header.nlmsg_seq != sequence || header.nlmsg_type != NLMSG_ERROR)
            continue; // of an earlier request
        if (error.error == 0)
            return {};
        if (error.error == -EEXIST)
            return fail(ErrorKind::conflict, "cannot " + what + ": it is there already");
        errno = -error.error;
        return fail_errno("cannot " + what);
    }
}

Done Netlink::add_macvlan(int parent, const std::string& name, const Mac& mac,
                          int network_namespace) {
    Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
    request.add_value(IFLA_LINK, parent);
    request.add_text(IFLA_IFNAME, name);
    request.add(IFLA_ADDRESS, mac.bytes());
    request.add_value(IFLA_NET_NS_FD, network_namespace);
    const std::size_t info = request.open(IFLA_LINKINFO);
    request.add_text(IFLA_INFO_KIND, "macvlan");
    const std::size_t data = request.open(IFLA_INFO_DATA);
    request.add_value(IFLA_MACVLAN_MODE, std::uint32_t{MACVLAN_MODE_BRIDGE});
    request.close(data);
    request.close(info);
    return ask(std::move(request), "make a macvlan link of MAC " + mac.text());
}

Done Netlink::remove_link(int index) {
    ifinfomsg body{};
    body.ifi_index = index;
    return ask(Request(RTM_DELLINK, 0, body), "remove the macvlan link");
}

Done Netlink::set_up(int index, bool up) {
    ifinfomsg body{};
    body.ifi_index = index;
    body.ifi_change = IFF_UP;
    if (up)
        body.ifi_flags = IFF_UP;
    return ask(Request(RTM_NEWLINK, 0, body),
               std::string("set the interface ") + (up ? "up" : "down"));
}

Done Netlink::add_address(int index, Ipv4 address, int prefix_size, std::uint32_t seconds) {
    ifaddrmsg body{};
    body.ifa_family = AF_INET;
    body.ifa_prefixlen = static_cast<std::uint8_t>(prefix_size);
    body.ifa_index = static_cast<std::uint32_t>(index);
    const std::uint32_t number = htonl(address.number);
    const std::uint32_t hosts = prefix_size == 0 ? ~0U : (1U << (32 - prefix_size)) - 1U;
    const ifa_cacheinfo life{
        .ifa_prefered = seconds, .ifa_valid = seconds, .cstamp = 0, .tstamp = 0};
    Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body);
    request.add_value(IFA_LOCAL, number);
    request.add_value(IFA_ADDRESS, number);
    if (prefix_size < 31)
        request.add_value(IFA_BROADCAST, htonl(address.number | hosts));
    request.add_value(IFA_CACHEINFO, life);
    return ask(std::move(request), "give the interface the address " + address.text());
}

Done Netlink::remove_address(int index, Ipv4 address, int prefix_size) {
    ifaddrmsg body{};
    body.ifa_family = AF_INET;
    body.ifa_prefixlen = static_cast<std::uint8_t>(prefix_size);
    body.ifa_index = static_cast<std::uint32_t>(index);
    Request request(RTM_DELADDR, 0, body);
    request.add_value(IFA_LOCAL, htonl(address.number));
    return ask(std::move(request), "take the address " + address.text() + " from the interface");
}

Done Netlink::change_route(bool add, int index, Ipv4 router) {
    rtmsg body{};
    body.rtm_family = AF_INET;
    body.rtm_table = RT_TABLE_MAIN;
    body.rtm_protocol = RTPROT_DHCP;
    body.rtm_scope = RT_SCOPE_UNIVERSE;
    body.rtm_type = RTN_UNICAST;
    Request request(add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_EXCL : 0, body);
    request.add_value(RTA_GATEWAY, htonl(router.number));
    request.add_value(RTA_OIF, index);
    request.add_value(RTA_PRIORITY, route_metric);
    return ask(std::move(request),
               std::string(add ? "add" : "remove") + " the route by " + router.text());
}

Done Netlink::add_default_route(int index, Ipv4 router) {
    return change_route(true, index, router);
}

Done Netlink::remove_default_route(int index, Ipv4 router) {
    return change_route(false, index, router);
}

} // namespace plugtone
