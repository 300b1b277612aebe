#include "tftpd/daemon.hpp"

#include <chrono>
#include <csignal>
#include <system_error>

#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#include "core/base/log.hpp"
#include "tftpd/catalogue_watch.hpp"
#include "tftpd/generation_check.hpp"
#include "tftpd/http_server.hpp"
#include "tftpd/neighbours.hpp"
#include "tftpd/periodic.hpp"
#include "tftpd/sockets.hpp"
#include "tftpd/tftp_server.hpp"
#include "tftpd/tls_service.hpp"

namespace plugtone::tftpd {

namespace {

constexpr std::chrono::milliseconds events_retry{5};
constexpr std::chrono::seconds files_interval{10}; // certificates and classes

// Half of what systemd waits for (sd_watchdog_enabled(3)); zero if it does not.
std::chrono::microseconds watchdog_interval() {
    std::uint64_t microseconds = 0;
    const bool wanted = ::sd_watchdog_enabled(0, &microseconds) > 0;
    return std::chrono::microseconds(wanted ? microseconds / 2 : 0);
}

// SIGTERM, SIGINT and SIGHUP as a descriptor. They are blocked from its making on, so every thread
// that is to ignore them must be started later.
class Signals {
public:
    Signals() {
        ::sigemptyset(&set_);
        for (const int number : {SIGTERM, SIGINT, SIGHUP})
            ::sigaddset(&set_, number);
        ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
        descriptor_ = Fd(::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK));
        if (!descriptor_)
            throw std::system_error(errno, std::generic_category(), "signalfd");
    }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    int descriptor() const { return descriptor_.get(); }
    // 0 if there is none.
    int take() const {
        signalfd_siginfo info{};
        const ssize_t size = ::read(descriptor_.get(), &info, sizeof info);
        return size == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
    }

private:
    sigset_t set_{};
    sigset_t before_{};
    Fd descriptor_;
};

std::vector<Network> networks_of(const Settings& settings) {
    std::vector<Network> networks;
    for (const std::string& text : settings.networks)
        networks.push_back(Network::parse(text).value()); // serve() has looked at them
    return networks;
}

// The parts of a running server, in the order in which they need each other.
class Daemon final : private Watcher, private Timer {
public:
    explicit Daemon(const Settings& settings)
        : settings_(settings), tls_(settings_), events_(settings.events),
          reports_(events_, metrics_), generation_(settings.root, catalogue_),
          gate_(
              catalogue_, settings.bindings, &find_neighbour, [this] { generation_.catch_up(); },
              [this](std::string_view name) { return tls_.legacy_classes().contains(name); }),
          gatekeeper_(networks_of(settings), settings.requests, metrics_),
          tftp_admission_(settings.tftp.sessions_max, settings.tftp.sessions_per_peer),
          http_admission_(settings.http.connections_max, settings.http.connections_per_peer),
          handshakes_(settings.http.handshakes_max, settings.http.connections_per_peer),
          tftp_(poller_, gate_, gatekeeper_, reports_, tftp_admission_, settings_.tftp),
          http_(poller_, gate_, gatekeeper_, reports_, http_admission_, handshakes_,
                settings_.http),
          watch_(settings.root, catalogue_),
          look_at_files_(poller_, files_interval, [this] { tls_.reload_if_changed(); }),
          watchdog_(poller_, watchdog_interval(), [] { ::sd_notify(0, "WATCHDOG=1"); }) {
        poller_.watch(signals_.descriptor(), EPOLLIN, *this);
        poller_.at_begin_of_round([this] { gate_.begin_round(); });
        poller_.at_end_of_round([this] { end_round(); });
    }

    Done load() { return tls_.load(); }
    void start(std::vector<Listener> listeners);
    void run() { poller_.run(); }

private:
    void on_ready(std::uint32_t events) override;
    void on_ready_failed() noexcept override { poller_.stop(); }
    // While it serves: events wait for the agent. While it drains: the time is up.
    void on_time(TimePoint now) override;
    void on_time_failed() noexcept override { poller_.stop(); }
    void end_round();
    bool is_idle() const { return tftp_admission_.active() + http_admission_.active() == 0; }

    Signals signals_; // before the watch's thread, and before the first log line's
    Settings settings_;
    TlsService tls_;
    Poller poller_;
    Metrics metrics_;
    EventSender events_;
    TransferReports reports_;
    CatalogueInUse catalogue_;
    GenerationCheck generation_;
    FileGate gate_;
    Gatekeeper gatekeeper_;
    Admission tftp_admission_;
    Admission http_admission_;
    Admission handshakes_;
    TftpServer tftp_;
    HttpServer http_;
    CatalogueWatch watch_;
    Periodic look_at_files_;
    Periodic watchdog_;
    bool draining_ = false;
    TimePoint drained_by_;
};

void Daemon::start(std::vector<Listener> listeners) {
    for (Listener& listener : listeners) {
        const Channel channel = listener.channel;
        log(Level::info, "listening",
            {{"protocol", std::string(channel_name(channel))},
             {"address", local_name(listener.socket)}});
        if (channel == Channel::tftp)
            tftp_.start(std::move(listener.socket));
        else if (channel == Channel::https || channel == Channel::legacy_https)
            http_.start(std::move(listener.socket), channel, [this, channel](Fd socket) {
                return tls_.make_stream(channel, std::move(socket));
            });
        else
            http_.start(std::move(listener.socket), channel, &make_plain_stream);
    }
    http_.before_metrics([this] {
        metrics_.set_active("tftp", tftp_admission_.active());
        metrics_.set_active("http", http_admission_.active());
        metrics_.set_catalogue(catalogue_.get()->size());
        metrics_.set_events(events_.sent(), events_.dropped());
        metrics_.set_certificate_end(tls_.not_after());
    });
}

void Daemon::on_ready(std::uint32_t /*events*/) {
    const int number = signals_.take();
    if (number == SIGHUP) {
        ::sd_notify(0, "RELOADING=1");
        watch_.rescan();
        tls_.reload();
        ::sd_notify(0, "READY=1");
        return;
    }
    if (number == 0)
        return;
    if (draining_)
        return poller_.stop(); // asked twice: at once
    draining_ = true;
    drained_by_ = poller_.now() + std::chrono::seconds(settings_.drain_seconds);
    ::sd_notify(0, "STOPPING=1");
    log(Level::info, "stopping",
        {{"transfers", std::to_string(tftp_admission_.active() + http_admission_.active())}});
    tftp_.stop();
    http_.stop();
    poller_.timers().arm(*this, drained_by_);
}

void Daemon::on_time(TimePoint now) {
    if (draining_ && now >= drained_by_)
        poller_.stop();
}

void Daemon::end_round() {
    const bool events_are_out = reports_.flush();
    flush_log();
    if (draining_ && is_idle())
        poller_.stop();
    else if (!events_are_out)
        poller_.timers().arm(*this, poller_.now() + events_retry);
    else if (draining_)
        poller_.timers().arm(*this, drained_by_);
}

} // namespace

Done serve(const Settings& settings) {
    for (const std::string& text : settings.networks)
        if (const auto network = Network::parse(text); !network)
            return tl::unexpected(network.error());
    auto listeners = open_listeners(settings);
    if (!listeners)
        return tl::unexpected(listeners.error());
    Daemon daemon(settings);
    if (auto loaded = daemon.load(); !loaded)
        return loaded;
    daemon.start(std::move(*listeners));
    ::sd_notify(0, "READY=1");
    daemon.run();
    log(Level::info, "stopped");
    flush_log();
    return {};
}

} // namespace plugtone::tftpd
