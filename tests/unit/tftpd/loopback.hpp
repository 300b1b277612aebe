// The servers on 127.0.0.1, with a thread that runs them, and plain blocking sockets as clients.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "core/contracts/bindings.hpp"
#include "temporary_tree.hpp"
#include "tftpd/http_server.hpp"
#include "tftpd/sockets.hpp"
#include "tftpd/tftp_server.hpp"

namespace plugtone::tftpd {

inline const Mac loopback_phone = Mac::parse("000b82000001").value();

// A socket that gives up after a time which only a failing test reaches.
inline Fd patient_socket(int family, int type) {
    Fd socket(::socket(family, type | SOCK_CLOEXEC, 0));
    const timeval patience{20, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return socket;
}

inline sockaddr_in loopback_address(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

inline std::uint16_t port_of(const Fd& socket) {
    const std::string name = local_name(socket);
    return static_cast<std::uint16_t>(std::stoi(name.substr(name.find(':') + 1)));
}

// The agent's end of the events.
class EventListener {
public:
    explicit EventListener(const std::string& path) : socket_(patient_socket(AF_UNIX, SOCK_DGRAM)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(std::begin(address.sun_path), sizeof address.sun_path - 1);
        EXPECT_EQ(
            ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    Event next() const {
        Bytes datagram(event_size_max);
        const ssize_t size = ::recv(socket_.get(), datagram.data(), datagram.size(), 0);
        EXPECT_GT(size, 0) << "no event came";
        datagram.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return decode_event(datagram).value_or(Event{});
    }

private:
    Fd socket_;
};

struct LoopbackLimits {
    std::size_t total = 16;
    std::size_t per_peer = 16;
};

class Loopback {
public:
    // prepare: fills the tree.
    template <class Prepare>
    explicit Loopback(Prepare prepare, LoopbackLimits limits = {})
        : admission_(limits.total, limits.per_peer) {
        tree.folder("bindings");
        prepare(tree);
        catalogue_.set(std::make_shared<const Catalogue>(Catalogue::build(tree.path()).value()));
        Settings settings;
        settings.listen = {"127.0.0.1"};
        settings.tftp_port = 0;
        settings.http_port = 0;
        auto listeners = open_listeners(settings).value();
        tftp_port = port_of(listeners.at(0).socket);
        http_port = port_of(listeners.at(1).socket);
        tftp_.start(std::move(listeners.at(0).socket));
        http_.start(std::move(listeners.at(1).socket), Channel::http, &make_plain_stream);
        poller_.at_begin_of_round([this] { gate_.begin_round(); });
        poller_.at_end_of_round([this] { reports_.flush(); });
        thread_ = std::thread([this] {
            while (!stopping_)
                poller_.run_once(std::chrono::milliseconds(20));
        });
    }
    Loopback(const Loopback&) = delete;
    Loopback& operator=(const Loopback&) = delete;
    ~Loopback() {
        stopping_ = true;
        thread_.join();
    }

    void lease(const Mac& mac) const {
        ASSERT_TRUE(
            write_binding(tree.path("bindings"), {Ipv4{INADDR_LOOPBACK}, mac, never_expires}));
    }

    TemporaryTree tree;
    EventListener events{tree.path("events.sock")};
    std::uint16_t tftp_port = 0;
    std::uint16_t http_port = 0;

private:
    Poller poller_;
    CatalogueInUse catalogue_;
    FileGate gate_{catalogue_, tree.path("bindings"),
                   [](const Ipv4&) { return Result<std::optional<Mac>>(std::nullopt); }};
    EventSender sender_{tree.path("events.sock")};
    Metrics metrics_;
    TransferReports reports_{sender_, metrics_};
    Gatekeeper gatekeeper_{{}, Rate{}, metrics_};
    Admission admission_;
    Admission handshakes_{16, 16};
    TftpSettings tftp_settings_;
    HttpSettings http_settings_;
    TftpServer tftp_{poller_, gate_, gatekeeper_, reports_, admission_, tftp_settings_};
    HttpServer http_{poller_,    gate_,       gatekeeper_,   reports_,
                     admission_, handshakes_, http_settings_};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

} // namespace plugtone::tftpd
