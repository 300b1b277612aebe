// What the operator can set; the options of plugtone-tftpd and the keys of tftpd.conf.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tftpd/negotiation.hpp"

namespace plugtone::tftpd {

struct Settings {
    std::string root = "/srv/plugtone";
    std::string bindings = "/run/plugtone/bindings";
    std::string events = "/run/plugtone/events.sock";
    std::vector<std::string> listen = {"0.0.0.0"};
    std::uint16_t tftp_port = 69; // 0: one that the kernel chooses; the log says which
    std::uint16_t http_port = 80;
    std::string log_level = "info";
    std::size_t blksize_max = blksize_of_ethernet;
    std::size_t tftp_sessions_max = 512;
    std::size_t tftp_sessions_per_peer = 8;
    std::size_t http_connections_max = 256;
    std::size_t http_connections_per_peer = 16;
    std::uint32_t drain_seconds = 10; // for open transfers, after SIGTERM
};

} // namespace plugtone::tftpd
