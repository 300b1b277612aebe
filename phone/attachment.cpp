#include "phone/attachment.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/base/log.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr const char* private_link_name = "phone0";
constexpr const char* loopback = "lo";
// On the loopback interface nobody else knows whose the address is.
constexpr std::uint32_t loopback_max_s = 120;

struct LinkState {
    Mac mac;
    bool up = false;
};

Result<LinkState> read_link(const std::string& name) {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket)
        return fail_errno("cannot open a socket");
    ifreq request{};
    std::memcpy(request.ifr_name, name.data(), std::min(name.size(), std::size_t{IFNAMSIZ - 1}));
    if (::ioctl(socket.get(), SIOCGIFHWADDR, &request) < 0)
        return fail_errno("interface " + name);
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return fail("interface " + name + ": want an Ethernet interface, got hardware type " +
                    std::to_string(request.ifr_hwaddr.sa_family));
    const auto mac = Mac::from_bytes(
        {reinterpret_cast<const std::uint8_t*>(request.ifr_hwaddr.sa_data), std::size_t{6}});
    if (!mac)
        return tl::unexpected(mac.error());
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) < 0)
        return fail_errno("interface " + name);
    return LinkState{.mac = *mac, .up = (request.ifr_flags & IFF_UP) != 0};
}

void report(const Done& done) noexcept {
    if (!done)
        log(Level::warning, "not-cleaned-up", {{"reason", done.error().message}});
}

} // namespace

Result<Attachment> Attachment::make(const std::string& interface, const std::optional<Mac>& mac) {
    if (interface.size() >= IFNAMSIZ)
        return fail("interface: want a name of at most 15 characters, got '" +
                    printable(interface) + "'");
    const auto state = read_link(interface);
    if (!state)
        return tl::unexpected(state.error());
    auto netlink = Netlink::open();
    if (!netlink)
        return tl::unexpected(netlink.error());
    const int index = static_cast<int>(::if_nametoindex(interface.c_str()));
    if (index == 0)
        return fail_errno("interface " + interface);
    if (mac && *mac != state->mac) {
        if (!state->up)
            return fail("interface " + interface +
                        ": is down; a phone of another MAC wants it up "
                        "('ip link set " +
                        interface + " up')");
        return make_private(std::move(*netlink), index, *mac);
    }
    Attachment made(std::move(*netlink), interface, index, state->mac);
    if (!state->up) {
        if (auto good = made.netlink_.set_up(index, true); !good)
            return tl::unexpected(good.error());
        made.set_up_ = true;
    }
    return made;
}

Result<Attachment> Attachment::make_beside_server(const std::string& interface, const Mac& mac) {
    const auto state = read_link(interface);
    if (!state)
        return tl::unexpected(state.error());
    if (!state->up)
        return fail("interface " + interface + ": is down");
    auto netlink = Netlink::open();
    if (!netlink)
        return tl::unexpected(netlink.error());
    Attachment made(std::move(*netlink), loopback, static_cast<int>(::if_nametoindex(loopback)),
                    mac);
    made.wire_ = static_cast<int>(::if_nametoindex(interface.c_str()));
    if (made.index_ == 0 || made.wire_ == 0)
        return fail_errno("interface " + (made.index_ == 0 ? std::string(loopback) : interface));
    return made;
}

Result<PacketSocket> Attachment::open_packets() const {
    return is_beside_server() ? PacketSocket::open_beside_server(wire_, mac_)
                              : PacketSocket::open(index_);
}

Result<Attachment> Attachment::make_private(Netlink outside, int parent, const Mac& mac) {
    if (::unshare(CLONE_NEWNET) < 0)
        return fail_errno("cannot make a network namespace for the phone (root is needed)");
    const Fd inside(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!inside)
        return fail_errno("cannot open /proc/thread-self/ns/net");
    auto netlink = Netlink::open();
    if (!netlink)
        return tl::unexpected(netlink.error());
    if (auto good = outside.add_macvlan(parent, private_link_name, mac, inside.get()); !good)
        return tl::unexpected(good.error());
    const int index = static_cast<int>(::if_nametoindex(private_link_name));
    Attachment made(std::move(*netlink), private_link_name, index, mac);
    made.made_link_ = true;
    if (auto good = made.netlink_.set_up(index, true); !good)
        return tl::unexpected(good.error());
    return made;
}

Done Attachment::configure(const Lease& lease) {
    const bool is_local = is_beside_server();
    const int prefix_size = is_local ? 32 : lease.prefix_size;
    const auto added =
        netlink_.add_address(index_, lease.address, prefix_size,
                             is_local ? std::min(lease.seconds, loopback_max_s) : lease.seconds);
    if (!added && added.error().kind != ErrorKind::conflict)
        return added;
    lease_ = lease;
    lease_->prefix_size = prefix_size;
    has_address_ = added.has_value();
    if (is_local || !lease.router || *lease.router == lease.address)
        return {};
    const auto routed = netlink_.add_default_route(index_, *lease.router);
    has_route_ = routed.has_value();
    if (!routed && routed.error().kind != ErrorKind::conflict) // the server may be on the link
        log(Level::warning, "no-route", {{"reason", routed.error().message}});
    return {};
}

Attachment::Attachment(Attachment&& other) noexcept
    : netlink_(std::move(other.netlink_)), name_(std::move(other.name_)), index_(other.index_),
      wire_(other.wire_), mac_(other.mac_), made_link_(other.made_link_), set_up_(other.set_up_),
      keep_(other.keep_), gone_(std::exchange(other.gone_, true)), lease_(std::move(other.lease_)),
      has_address_(other.has_address_), has_route_(other.has_route_) {}

Attachment::~Attachment() {
    if (!gone_)
        undo();
}

void Attachment::undo() noexcept {
    if (made_link_) {
        report(netlink_.remove_link(index_)); // its address and route go with it
        return;
    }
    if (keep_)
        return;
    if (has_route_)
        report(netlink_.remove_default_route(index_, *lease_->router));
    if (has_address_)
        report(netlink_.remove_address(index_, lease_->address, lease_->prefix_size));
    if (set_up_)
        report(netlink_.set_up(index_, false));
}

} // namespace plugtone
