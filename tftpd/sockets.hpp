// The sockets to serve on: those that systemd passes (LISTEN_FDS), else bound here. IPv4. The names
// that systemd passes with them (FileDescriptorName=) tell the channels: tftp, http, https,
// legacy-https, metrics; any other is TFTP over UDP and HTTP over TCP.
#pragma once

#include <vector>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"
#include "tftpd/channel.hpp"
#include "tftpd/settings.hpp"

namespace plugtone::tftpd {

struct Listener {
    Fd socket; // UDP for Channel::tftp, else TCP and listening
    Channel channel = Channel::tftp;
};

// All of them non-blocking and closed on exec; the UDP ones tell the address that a datagram was
// sent to (IP_PKTINFO). When systemd passes any, nothing else is bound.
Result<std::vector<Listener>> open_listeners(const Settings& settings);

// "192.0.2.1:69".
std::string local_name(const Fd& socket);

} // namespace plugtone::tftpd
