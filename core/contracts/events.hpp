// What the Kea hook and the file server tell the agent: one datagram an event, KEY=VALUE lines as
// sd_notify(3) writes them, the first "EVENT=<kind>". Values are foreign text made printable, so
// that a line stays one line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace plugtone {

enum class EventKind {
    offered,  // hook: options went out in an OFFER or ACK: MAC CLASS URL OPTIONS MESSAGE XID
              // VENDOR_CLASS …
    leased,   // hook: MAC IP EXPIRES
    released, // hook: MAC IP REASON (release, decline, expire, replaced)
    refused,  // hook: MAC XID: the server said no (DHCPNAK); the device begins anew
    transfer_started, // file server: NAME PROTOCOL PEER, MAC (who asks, if known), OWNER (whose
                      // file, if private) and SHA256 (of it, as the manifest has it)
    transfer_done,    // the same and BYTES: the peer has all of the file
    transfer_failed,  // the same, BYTES and REASON
    transfer_absent,  // no such file
    transfer_refused, // a private file asked for by somebody else, REASON
    dropped,          // any sender: COUNT events before this one did not get through, SENDER
};
std::string_view event_kind_name(EventKind kind);
std::optional<EventKind> event_kind_named(std::string_view name);

struct Event {
    EventKind kind{};
    std::vector<std::pair<std::string, std::string>> fields;

    // The first value of that key; empty if there is none.
    std::string_view operator[](std::string_view key) const;
};

// Largest datagram; encode cuts nothing, the sender counts what is larger as dropped.
inline constexpr std::size_t event_size_max = 8192;

std::string encode_event(const Event& event);
// The same, a field at a time: where an event is made for each packet.
class EventText {
public:
    explicit EventText(EventKind kind);
    EventText& add(std::string_view key, std::string_view value);
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};
// Refuses an unknown kind, keys other than A-Z 0-9 _, lines without '=', values that are not
// printable, and what is larger than a datagram of ours.
Result<Event> decode_event(ByteView bytes);

} // namespace plugtone
