// What the operator can set; the options of plugtone-tftpd and the keys of tftpd.conf.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tftpd/negotiation.hpp"
#include "tftpd/rate_limit.hpp"
#include "tftpd/tls_context.hpp"

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
    std::size_t handshakes_max = 256;        // of TLS, at once
    std::uint32_t request_seconds = 15;      // from a connection's silence to a whole head
    std::uint32_t write_seconds = 30;        // after which a reader's pace is looked at
    std::size_t bytes_per_second_min = 1024; // averaged over them

    std::chrono::seconds request_patience() const { return std::chrono::seconds(request_seconds); }
    std::chrono::seconds write_patience() const { return std::chrono::seconds(write_seconds); }
};

struct TlsFiles {
    std::vector<std::string> certificates; // of the server, PEM, one of each kind of key
    std::vector<std::string> keys;         // in the same order
    std::string clients = "/etc/plugtone/tls/clients"; // trust anchors, as the classes name them
    TlsFloor floor = TlsFloor::tls_1_2;
    std::string ciphers; // OpenSSL's list; empty: those with forward secrecy
    TlsFloor legacy_floor = TlsFloor::tls_1_0;
    std::string legacy_ciphers;
};

struct Settings {
    std::string root = "/srv/plugtone";
    std::string bindings = "/run/plugtone/bindings";
    std::string events = "/run/plugtone/events.sock";
    std::vector<std::string> listen = {"0.0.0.0"};
    std::vector<std::string> networks; // that may ask, as ADDRESS/BITS; empty: all
    std::uint16_t tftp_port = 69;      // 0: one that the kernel chooses; the log says which
    std::uint16_t http_port = 80;
    std::uint16_t https_port = 0;        // 0: none; likewise:
    std::uint16_t legacy_https_port = 0; // for the classes that have legacy-tls="yes"
    std::uint16_t metrics_port = 0;      // on 127.0.0.1
    std::vector<std::string> classes = {"/usr/share/plugtone/classes.d", "/etc/plugtone/classes.d"};
    TlsFiles tls;
    std::string log_level = "info";
    TftpSettings tftp;
    HttpSettings http;
    Rate requests{50, 200};           // of one address
    std::uint32_t drain_seconds = 10; // for open transfers, after SIGTERM

    bool wants_tls() const { return !tls.certificates.empty() || https_port != 0; }
};

} // namespace plugtone::tftpd
