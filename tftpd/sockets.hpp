// The sockets to serve on: those that systemd passes (LISTEN_FDS), else bound here. IPv4.
#pragma once

#include <vector>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"
#include "tftpd/settings.hpp"

namespace plugtone::tftpd {

struct Listeners {
    std::vector<Fd> tftp; // UDP
    std::vector<Fd> http; // TCP, listening
};

// All of them non-blocking and closed on exec; the UDP ones tell the address that a datagram was
// sent to (IP_PKTINFO). When systemd passes any, nothing else is bound.
Result<Listeners> open_listeners(const Settings& settings);

// "192.0.2.1:69".
std::string local_name(const Fd& socket);

} // namespace plugtone::tftpd
