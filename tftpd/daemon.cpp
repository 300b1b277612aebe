#include "tftpd/daemon.hpp"

#include <chrono>
#include <csignal>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <systemd/sd-daemon.h>

#include "core/base/log.hpp"
#include "tftpd/catalogue_watch.hpp"
#include "tftpd/generation_check.hpp"
#include "tftpd/http_server.hpp"
#include "tftpd/neighbours.hpp"
#include "tftpd/sockets.hpp"
#include "tftpd/spawn.hpp"
#include "tftpd/tftp_server.hpp"

namespace plugtone::tftpd {

namespace {

using boost::system::error_code;

// Everything that coroutines refer to: declared before the io_context that holds their frames.
struct Parts {
    explicit Parts(const Settings& wanted)
        : settings(wanted), generation(wanted.root, catalogue),
          gate(catalogue, wanted.bindings, &find_neighbour, [this] { generation.catch_up(); }),
          events(wanted.events),
          tftp_admission(wanted.tftp_sessions_max, wanted.tftp_sessions_per_peer),
          http_admission(wanted.http_connections_max, wanted.http_connections_per_peer),
          tftp(gate, events, tftp_admission, wanted.blksize_max),
          http(gate, events, http_admission), watch(wanted.root, catalogue) {}

    bool is_idle() const { return tftp_admission.active() + http_admission.active() == 0; }

    Settings settings;
    CatalogueInUse catalogue;
    GenerationCheck generation;
    FileGate gate;
    EventSender events;
    Admission tftp_admission;
    Admission http_admission;
    TftpServer tftp;
    HttpServer http;
    CatalogueWatch watch;
};

asio::awaitable<void> wait_for_end(Parts& parts, asio::signal_set& signals) {
    int signal = SIGHUP;
    while (signal == SIGHUP) {
        error_code error;
        signal = co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
        if (signal == SIGHUP)
            parts.watch.rescan();
    }
}

asio::awaitable<void> drain(Parts& parts, asio::io_context& io, asio::signal_set& signals) {
    asio::steady_timer deadline(io, std::chrono::seconds(parts.settings.drain_seconds));
    const auto look = [&parts, &deadline] {
        if (parts.is_idle())
            deadline.cancel();
    };
    parts.tftp_admission.on_idle(look);
    parts.http_admission.on_idle(look);
    signals.async_wait([&deadline](error_code error, int) {
        if (!error)
            deadline.cancel(); // asked twice: at once
    });
    parts.tftp.stop();
    parts.http.stop();
    if (!parts.is_idle()) {
        error_code ignored;
        co_await deadline.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    parts.tftp_admission.on_idle({});
    parts.http_admission.on_idle({});
    io.stop();
}

asio::awaitable<void> run_until_signal(Parts& parts, asio::io_context& io) {
    asio::signal_set signals(io, SIGTERM, SIGINT, SIGHUP);
    co_await wait_for_end(parts, signals);
    ::sd_notify(0, "STOPPING=1");
    log(Level::info, "stopping",
        {{"transfers",
          std::to_string(parts.tftp_admission.active() + parts.http_admission.active())}});
    co_await drain(parts, io, signals);
}

} // namespace

Done serve(const Settings& settings) {
    auto listeners = open_listeners(settings);
    if (!listeners)
        return tl::unexpected(listeners.error());
    Parts parts(settings);
    asio::io_context io(1);
    for (Fd& listener : listeners->tftp) {
        log(Level::info, "listening", {{"protocol", "tftp"}, {"address", local_name(listener)}});
        parts.tftp.start(io, std::move(listener));
    }
    for (Fd& listener : listeners->http) {
        log(Level::info, "listening", {{"protocol", "http"}, {"address", local_name(listener)}});
        parts.http.start(io, std::move(listener));
    }
    spawn(io, "signals", run_until_signal(parts, io));
    io.poll(); // the signal handlers are set before anybody is told that it runs
    ::sd_notify(0, "READY=1");
    io.run();
    log(Level::info, "stopped");
    return {};
}

} // namespace plugtone::tftpd
