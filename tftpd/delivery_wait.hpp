// Waits until the peer of a TCP connection has acknowledged what was written to it. The kernel
// tells nobody when that is, so this looks (tcp_delivery.hpp), at first soon, then less often. The
// io_context's thread.
#pragma once

#include <cstdint>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace plugtone::tftpd {

// bytes: all that was written to the connection so far. Gives nothing if the peer has them all;
// else why not. The socket must outlive the wait.
boost::asio::awaitable<std::string> until_delivered(boost::asio::ip::tcp::socket& socket,
                                                    std::uint64_t bytes);

} // namespace plugtone::tftpd
