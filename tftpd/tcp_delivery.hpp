// Has the peer really got what was written to a TCP connection? The kernel counts what the peer
// acknowledged (tcp_info.tcpi_bytes_acked, RFC 4898; Linux 4.1). A transfer is done only then, as
// over TFTP, and not when the bytes lie in a buffer of ours.
#pragma once

#include <cstdint>

namespace plugtone::tftpd {

enum class Delivery { pending, complete, lost };

// bytes: all that was written to the accepted connection so far.
Delivery delivery_of(int socket, std::uint64_t bytes);

} // namespace plugtone::tftpd
