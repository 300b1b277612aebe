// The little of SIP (RFC 3261) that a NOTIFY outside of a dialog needs: the request as text, and
// what is told from a response. No socket, no clock, no random numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/ipv4.hpp"
#include "core/base/result.hpp"

namespace plugtone {

struct SipEndpoint {
    Ipv4 address;
    std::uint16_t port = 5060;

    std::string text() const; // "192.0.2.7:5060"
    auto operator<=>(const SipEndpoint&) const = default;
};

struct NotifyRequest {
    SipEndpoint to;
    SipEndpoint from;    // where we send from, and are answered
    std::string event;   // "check-sync": a token
    std::string call_id; // random, without blanks; our tag and the branch are made of it, too
};

// The branch parameter of the request's Via, which its responses carry (RFC 3261, section 8.1.1.7).
std::string branch_of(const NotifyRequest& request);
std::string encode_notify(const NotifyRequest& request);

struct SipResponse {
    int status = 0;     // 100 to 699
    std::string reason; // printable
    std::string branch; // of the top Via
    std::string call_id;
    std::string method; // of CSeq

    bool is_final() const { return status >= 200; }
    bool operator==(const SipResponse&) const = default;
};

inline constexpr std::size_t sip_response_size_max = 8192;

// Refuses what is no response, and one without Via with a branch, Call-ID or CSeq. Header names in
// their long and compact forms, folded lines, any body.
Result<SipResponse> decode_response(ByteView datagram);

} // namespace plugtone
