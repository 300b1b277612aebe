// The DHCP client of a phone as pure logic (RFC 2131, section 4.4): DISCOVER, OFFER, REQUEST, ACK,
// with retransmission and back-off (section 4.1), starting over after a NAK. It is fed messages and
// the time and says what to do next; it has no socket, no clock and no source of chance of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ipv4.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "phone/dhcp_message.hpp"

namespace plugtone {

using Clock = std::chrono::steady_clock;

// What the phone says of itself in every message.
struct DhcpIdentity {
    Mac mac;
    std::string vendor_class; // option 60
    std::string model;        // option 125, the product class; empty: no option 125
    std::string host_name;    // option 12; empty: none, as the devices do by default
};

struct Lease {
    Ipv4 address;
    int prefix_size = 0; // of the subnet, bits
    std::optional<Ipv4> router;
    std::vector<Ipv4> dns_servers;
    Ipv4 server;               // option 54
    std::uint32_t seconds = 0; // 0xFFFFFFFF: for ever
    DhcpMessage ack;           // with all its options
};

class DhcpClient {
public:
    struct Send { // broadcast this, then wait until that time
        DhcpMessage message;
        Clock::time_point until;
    };
    struct Wait {
        Clock::time_point until;
    };
    struct Bound {
        Lease lease;
    };
    using Step = std::variant<Send, Wait, Bound>;

    // chance: for transaction numbers and the spread of the waits.
    DhcpClient(DhcpIdentity identity, std::mt19937 chance, Clock::time_point start);

    // The first step.
    Step begin(Clock::time_point now);
    // Whatever came to port 68; what is no answer to us is ignored (see last_refusal).
    Step on_message(const DhcpMessage& message, Clock::time_point now);
    // The time of the last step has come. Before that it changes nothing.
    Step on_time(Clock::time_point now);

    // Why the last answer to us that was not taken was not; empty if there was none.
    const std::string& last_refusal() const { return last_refusal_; }
    // "DISCOVER sent 3 times", for the report of a failure.
    std::string progress() const;

private:
    enum class State { discovering, requesting, pausing, bound };

    Step discover(Clock::time_point now);
    Step request(Clock::time_point now);
    Step on_offer(const DhcpMessage& message, Clock::time_point now);
    Step on_ack(const DhcpMessage& message);
    Step on_nak(const DhcpMessage& message, Clock::time_point now);
    Step refuse(std::string why);
    Send send(DhcpType type, Clock::time_point now);
    Clock::duration next_wait();

    DhcpIdentity identity_;
    std::mt19937 chance_;
    Clock::time_point start_;
    State state_ = State::discovering;
    std::uint32_t xid_ = 0;
    int tries_ = 0; // of the message that is being sent
    Clock::time_point until_;
    Ipv4 offered_;
    Ipv4 server_;
    std::string last_refusal_;
};

// To the server that gave the lease, when the phone goes (RFC 2131, section 4.4.6).
DhcpMessage dhcp_release(const DhcpIdentity& identity, const Lease& lease, std::uint32_t xid);

} // namespace plugtone
