// The few things of rtnetlink(7) that the phone needs, each a request that the kernel confirms.
// What is there already is a conflict. A Netlink speaks to the network namespace in which it was
// opened. Blocks; one thread.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/fd.hpp"
#include "core/base/ipv4.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"

namespace plugtone {

class Netlink {
public:
    static Result<Netlink> open();

    // A link of its own MAC on top of another (macvlan, bridge mode), born in that namespace (a
    // descriptor of a namespace file).
    Done add_macvlan(int parent, const std::string& name, const Mac& mac, int network_namespace);
    Done remove_link(int index);
    Done set_up(int index, bool up);
    // seconds: how long the kernel keeps it; 0xFFFFFFFF: for ever.
    Done add_address(int index, Ipv4 address, int prefix_size, std::uint32_t seconds);
    Done remove_address(int index, Ipv4 address, int prefix_size);
    // The way to everything else, of so large a metric that another one is preferred.
    Done add_default_route(int index, Ipv4 router);
    Done remove_default_route(int index, Ipv4 router);

private:
    explicit Netlink(Fd socket) : socket_(std::move(socket)) {}
    class Request;
    Done ask(Request request, const std::string& what);
    Done change_route(bool add, int index, Ipv4 router);

    Fd socket_;
    std::uint32_t sequence_ = 0;
};

} // namespace plugtone
