// What Prometheus reads (docs/file-server.md has the table). The labels that a client could make
// up are bounded: after models_max different models, others count as "other". Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace plugtone::tftpd {

// Why somebody was turned away before a file was looked for.
enum class Refusal {
    network,           // it may not ask at all
    rate,              // too many requests
    transfers,         // too many transfers or connections, of that address or in all
    handshakes,        // too many TLS handshakes
    malformed,         // no request
    write,             // TFTP's write request
    too_slow,          // a header or a reading that took too long
    wrong_credentials, // HTTP's authentication
};
std::string_view refusal_name(Refusal refusal);

class Metrics {
public:
    static constexpr std::size_t models_max = 64;

    struct Transfer {
        std::string_view protocol;
        std::string_view result; // done, failed, absent or refused
        std::string_view device_class;
        std::string_view model;
        std::uint64_t bytes = 0;
        std::uint64_t repeated = 0; // packets
        std::chrono::duration<double> lasted{};
    };

    Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;
    ~Metrics();

    void ended(const Transfer& transfer);
    void refused(Refusal refusal);
    // A device that needs the legacy listener was served there.
    void legacy_served(std::string_view device_class);
    void set_active(std::string_view protocol, std::size_t count);
    void set_catalogue(std::size_t files);
    void set_events(std::uint64_t sent, std::uint64_t dropped);
    // Seconds since 1970 at which the server's certificate ends.
    void set_certificate_end(std::int64_t time);

    // In Prometheus' text format.
    std::string text() const;

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

} // namespace plugtone::tftpd
