// plugtone-tftpd: the command line. docs/file-server.md has the options.
#include <cstdlib>
#include <exception>

#include <CLI/CLI.hpp>

#include "core/base/log.hpp"
#include "tftpd/daemon.hpp"

namespace {

using plugtone::Level;
using plugtone::tftpd::Settings;

constexpr std::size_t sessions_most = 100000;

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
    app.add_option("--log-level", settings.log_level, "The least that is logged")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
        ->capture_default_str();
    app.add_option("--tftp-blksize-max", settings.tftp.blksize_max,
                   "Largest TFTP block; above 1468 IP fragments on Ethernet")
        ->check(CLI::Range(plugtone::tftpd::blksize_least, plugtone::tftpd::blksize_most))
        ->capture_default_str();
    const CLI::Range count(std::size_t{1}, sessions_most);
    app.add_option("--tftp-sessions", settings.tftp.sessions_max, "TFTP transfers at once")
        ->check(count)
        ->capture_default_str();
    app.add_option("--tftp-sessions-per-peer", settings.tftp.sessions_per_peer,
                   "TFTP transfers at once to one address")
        ->check(count)
        ->capture_default_str();
    app.add_option("--tftp-windowsize-max", settings.tftp.windowsize_max,
                   "Most TFTP blocks between two acknowledgements")
        ->check(CLI::Range(std::size_t{1}, plugtone::tftpd::windowsize_most))
        ->capture_default_str();
    app.add_flag("--tftp-path-mtu", settings.tftp.blksize_of_path,
                 "No TFTP block larger than the MTU towards the client allows");
    app.add_flag("--tftp-single-port", settings.tftp.single_port,
                 "Answer TFTP from the port that was asked, for NAT");
    app.add_option("--http-connections", settings.http.connections_max, "HTTP connections at once")
        ->check(count)
        ->capture_default_str();
    app.add_option("--http-connections-per-peer", settings.http.connections_per_peer,
                   "HTTP connections at once from one address")
        ->check(count)
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
