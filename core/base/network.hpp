// An IPv4 network, as ADDRESS/BITS. A plain value.
#pragma once

#include <string>

#include "core/base/ipv4.hpp"
#include "core/base/result.hpp"

namespace plugtone {

struct Network {
    Ipv4 address;
    unsigned bits = 32;

    // "192.0.2.0/24"; without bits it is one address. Refuses an address with bits beyond the
    // prefix, which is more often a mistake than a wish.
    static Result<Network> parse(const std::string& text);
    bool holds(const Ipv4& candidate) const;
    bool operator==(const Network&) const = default;
};

} // namespace plugtone
