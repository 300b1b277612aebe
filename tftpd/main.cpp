// plugtone-tftpd: the command line. docs/file-server.md has the options.
#include <cstdlib>
#include <exception>
#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "core/base/log.hpp"
#include "tftpd/daemon.hpp"

namespace {

using plugtone::Level;
using plugtone::tftpd::Settings;
using plugtone::tftpd::TlsFloor;

constexpr std::size_t sessions_most = 100000;

void describe_tls(CLI::App& app, Settings& settings) {
    const std::map<std::string, TlsFloor> floors{{"1.0", TlsFloor::tls_1_0},
                                                 {"1.1", TlsFloor::tls_1_1},
                                                 {"1.2", TlsFloor::tls_1_2},
                                                 {"1.3", TlsFloor::tls_1_3}};
    app.add_option("--https-port", settings.https_port, "TCP port for HTTPS; 0: none")
        ->capture_default_str();
    app.add_option("--legacy-https-port", settings.legacy_https_port,
                   "TCP port for old TLS, for classes that have legacy-tls; 0: none")
        ->capture_default_str();
    app.add_option("--tls-certificate", settings.tls.certificates,
                   "The server's certificate with its chain, PEM; repeatable, one of each kind");
    app.add_option("--tls-key", settings.tls.keys, "Its key, PEM; in the same order");
    app.add_option("--tls-clients", settings.tls.clients,
                   "Folder of the classes' trust anchors and revocation lists")
        ->capture_default_str();
    app.add_option("--tls-min", settings.tls.floor, "The least TLS version: 1.2 or 1.3")
        ->transform(CLI::CheckedTransformer(floors));
    app.add_option("--tls-ciphers", settings.tls.ciphers,
                   "OpenSSL's cipher list up to TLS 1.2; empty: those with forward secrecy");
    app.add_option("--legacy-tls-min", settings.tls.legacy_floor,
                   "The least version of the legacy listener: 1.0, 1.1, 1.2 or 1.3")
        ->transform(CLI::CheckedTransformer(floors));
    app.add_option("--legacy-tls-ciphers", settings.tls.legacy_ciphers,
                   "Its cipher list; empty: those that old phones know");
    app.add_option("--classes", settings.classes, "Folder of device classes; repeatable")
        ->capture_default_str();
}

void describe_limits(CLI::App& app, Settings& settings) {
    const CLI::Range count(std::size_t{1}, sessions_most);
    app.add_option("--tftp-sessions", settings.tftp.sessions_max, "TFTP transfers at once")
        ->check(count)
        ->capture_default_str();
    app.add_option("--tftp-sessions-per-peer", settings.tftp.sessions_per_peer,
                   "TFTP transfers at once to one address")
        ->check(count)
        ->capture_default_str();
    app.add_option("--http-connections", settings.http.connections_max, "HTTP connections at once")
        ->check(count)
        ->capture_default_str();
    app.add_option("--http-connections-per-peer", settings.http.connections_per_peer,
                   "HTTP connections at once from one address")
        ->check(count)
        ->capture_default_str();
    app.add_option("--tls-handshakes", settings.http.handshakes_max, "TLS handshakes at once")
        ->check(count)
        ->capture_default_str();
    app.add_option("--request-seconds", settings.http.request_seconds,
                   "How long a request's head may take, and a connection be silent")
        ->check(CLI::Range(1U, 3600U))
        ->capture_default_str();
    app.add_option("--write-seconds", settings.http.write_seconds,
                   "How often a reading client's pace is looked at")
        ->check(CLI::Range(1U, 3600U))
        ->capture_default_str();
    app.add_option("--bytes-per-second-min", settings.http.bytes_per_second_min,
                   "A client that reads more slowly is cut off")
        ->capture_default_str();
    app.add_option("--requests-per-second", settings.requests.per_second,
                   "Requests of one address, in the long run; 0: no limit")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_option("--requests-burst", settings.requests.burst,
                   "Requests of one address at once, after a silence")
        ->check(CLI::Range(1.0, 1e6))
        ->capture_default_str();
    app.add_option("--allow", settings.networks,
                   "Network that may ask, ADDRESS/BITS; repeatable; without it: all");
}

void describe(CLI::App& app, Settings& settings) {
    app.set_config("--config", "", "File of 'key = value' lines; the keys are the options' names");
    app.allow_config_extras(CLI::config_extras_mode::error);
    app.add_option("--root", settings.root, "The served tree")->capture_default_str();
    app.add_option("--bindings", settings.bindings, "Folder of the leases' bindings")
        ->capture_default_str();
    app.add_option("--events", settings.events, "Socket for events; empty: none are sent")
        ->capture_default_str();
    app.add_option("--listen", settings.listen, "IPv4 address to serve on; repeatable")
        ->check(CLI::ValidIPV4)
        ->capture_default_str();
    app.add_option("--tftp-port", settings.tftp_port, "UDP port; 0: any free one")
        ->capture_default_str();
    app.add_option("--http-port", settings.http_port, "TCP port; 0: any free one")
        ->capture_default_str();
    app.add_option("--metrics-port", settings.metrics_port,
                   "TCP port on 127.0.0.1 for Prometheus; 0: none")
        ->capture_default_str();
    app.add_option("--log-level", settings.log_level, "The least that is logged")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
        ->capture_default_str();
    app.add_option("--tftp-blksize-max", settings.tftp.blksize_max,
                   "Largest TFTP block; above 1468 IP fragments on Ethernet")
        ->check(CLI::Range(plugtone::tftpd::blksize_least, plugtone::tftpd::blksize_most))
        ->capture_default_str();
    app.add_option("--tftp-windowsize-max", settings.tftp.windowsize_max,
                   "Most TFTP blocks between two acknowledgements")
        ->check(CLI::Range(std::size_t{1}, plugtone::tftpd::windowsize_most))
        ->capture_default_str();
    app.add_flag("--tftp-path-mtu", settings.tftp.blksize_of_path,
                 "No TFTP block larger than the MTU towards the client allows");
    app.add_flag("--tftp-single-port", settings.tftp.single_port,
                 "Answer TFTP from the port that was asked, for NAT");
    app.add_option("--drain-seconds", settings.drain_seconds,
                   "How long open transfers may go on after SIGTERM")
        ->capture_default_str();
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Plugtone's file server: TFTP and HTTP over one tree of files", "plugtone-tftpd");
    Settings settings;
    try {
        describe(app, settings);
        describe_tls(app, settings);
        describe_limits(app, settings);
        app.parse(argc, argv);
    } catch (const CLI::ParseError& refusal) {
        // 2: usage, as all our programs have it.
        return app.exit(refusal) == 0 ? EXIT_SUCCESS : 2;
    }
    try {
        plugtone::buffer_log();
        plugtone::set_log_level(std::string_view(settings.log_level));
        const auto done = plugtone::tftpd::serve(settings);
        if (done)
            return EXIT_SUCCESS;
        plugtone::log(Level::error, "cannot-serve", {{"reason", done.error().message}});
    } catch (const std::exception& failure) {
        plugtone::log(Level::error, "cannot-serve", {{"reason", failure.what()}});
    }
    return EXIT_FAILURE;
}
