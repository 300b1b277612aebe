// What is known of a request, for the log line, the metrics and the agent's event
// (core/contracts/events.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ipv4.hpp"
#include "core/base/mac.hpp"
#include "core/contracts/event_sender.hpp"
#include "core/contracts/events.hpp"
#include "tftpd/metrics.hpp"

namespace plugtone::tftpd {

// Longer ones are cut: the event must fit its datagram, and nothing depends on the rest.
inline constexpr std::size_t user_agent_size_max = 512;

struct TransferRecord {
    std::string name;
    std::string_view protocol; // a literal: tftp, http, https or legacy-https
    Ipv4 peer;
    std::optional<Mac> mac;   // holder of the peer's lease, or named by its certificate
    std::optional<Mac> owner; // of a private file
    std::string device_class; // of the owner, if the manifest says; likewise:
    std::string sha256;       // of the file
    std::optional<std::uint64_t> size;
    std::string user_agent;
    std::string device_model;
    std::string device_firmware;
    std::string device_id;
    std::chrono::steady_clock::time_point started{};
};

struct TransferEnd {
    std::optional<std::uint64_t> bytes;
    std::string reason;
    std::uint64_t repeated = 0; // packets
};

Event event_of(EventKind kind, const TransferRecord& record, const TransferEnd& end = {});

// One log line, one event and the metrics for whatever becomes of a request. Events wait for
// flush(), so that a busy round sends them in one call. One thread.
class TransferReports {
public:
    TransferReports(EventSender& events, Metrics& metrics) : events_(events), metrics_(metrics) {}

    void report(EventKind kind, const TransferRecord& record, const TransferEnd& end = {});
    // False if some still wait, because the agent is behind: try again soon.
    bool flush();
    Metrics& metrics() { return metrics_; }

private:
    EventSender& events_;
    Metrics& metrics_;
    std::vector<std::string> waiting_;
};

} // namespace plugtone::tftpd
