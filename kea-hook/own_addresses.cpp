#include "kea-hook/own_addresses.hpp"

#include <bit>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

namespace plugtone {

namespace {

Ipv4 address_in(const sockaddr& from) {
    sockaddr_in address{};
    std::memcpy(&address, &from, sizeof address);
    return Ipv4{ntohl(address.sin_addr.s_addr)};
}

} // namespace

std::optional<Ipv4> own_address_beside(const Ipv4& client) {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0)
        return std::nullopt;
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, ::freeifaddrs);
    std::optional<Ipv4> found;
    int found_bits = -1; // the smallest network wins
    for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr || one->ifa_netmask == nullptr ||
            one->ifa_addr->sa_family != AF_INET)
            continue;
        const Ipv4 own = address_in(*one->ifa_addr);
        const std::uint32_t mask = address_in(*one->ifa_netmask).number;
        if ((own.number & mask) == (client.number & mask) && std::popcount(mask) > found_bits) {
            found = own;
            found_bits = std::popcount(mask);
        }
    }
    return found;
}

} // namespace plugtone
