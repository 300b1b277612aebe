// What the operator can set; the options of plugtone-tftpd and the keys of tftpd.conf.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tftpd/negotiation.hpp"
#include "tftpd/rate_limit.hpp"

namespace plugtone::tftpd {

struct TftpSettings {
    std::size_t blksize_max = blksize_of_ethernet;
    std::size_t windowsize_max = windowsize_usual;
    bool blksize_of_path = false; // no block larger than the MTU of the way to the peer allows
    bool single_port = false;     // answer from the port that was asked, for NAT
    std::size_t sessions_max = 2048;
    std::size_t sessions_per_peer = 8;
};

struct HttpSettings {
    std::size_t connections_max = 2048;
    std::size_t connections_per_peer = 16;
    std::size_t handshakes_max = 256; // of TLS, at once
    std::chrono::seconds request_patience{15}; // from a connection's silence to a whole header
    std::chrono::seconds write_patience{30};   // without a byte that the peer takes
    std::size_t bytes_per_second_min = 1024;   // averaged over write_patience
};

struct Settings {
    std::string root = "/srv/plugtone";
    std::string bindings = "/run/plugtone/bindings";
    std::string events = "/run/plugtone/events.sock";
    std::vector<std::string> listen = {"0.0.0.0"};
    std::vector<std::string> networks; // that may ask, as ADDRESS/BITS; empty: all
    std::uint16_t tftp_port = 69; // 0: one that the kernel chooses; the log says which
    std::uint16_t http_port = 80;
    std::uint16_t metrics_port = 0; // on 127.0.0.1; 0: none
    std::string log_level = "info";
    TftpSettings tftp;
    HttpSettings http;
    Rate requests{50, 200};           // of one address
    std::uint32_t drain_seconds = 10; // for open transfers, after SIGTERM
};

} // namespace plugtone::tftpd
