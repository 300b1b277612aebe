// What is known of a request, for the log line and the agent's event (core/contracts/events.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/ipv4.hpp"
#include "core/base/mac.hpp"
#include "core/contracts/event_sender.hpp"
#include "core/contracts/events.hpp"

namespace plugtone::tftpd {

// Longer ones are cut: the event must fit its datagram, and nothing depends on the rest.
inline constexpr std::size_t user_agent_size_max = 512;

struct TransferRecord {
    std::string name;
    std::string protocol; // tftp or http
    Ipv4 peer;
    std::optional<Mac> mac;   // holder of the peer's lease
    std::optional<Mac> owner; // of a private file
    std::optional<std::uint64_t> size;
    std::string user_agent;
    std::string device_model;
    std::string device_id;
};

struct TransferEnd {
    std::optional<std::uint64_t> bytes;
    std::string reason;
};

Event event_of(EventKind kind, const TransferRecord& record, const TransferEnd& end = {});

// One log line and one event. Any thread.
void report(EventSender& events, EventKind kind, const TransferRecord& record,
            const TransferEnd& end = {});

} // namespace plugtone::tftpd
