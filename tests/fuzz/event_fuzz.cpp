// Events: what is read holds nothing that acts, and foreign text in a field can neither add a field
// nor make the reader refuse the event.
#include "core/base/text.hpp"
#include "core/contracts/events.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    if (const auto event = decode_event(bytes))
        for (const auto& [key, value] : event->fields)
            require(!key.empty() && is_printable(value), "a value that was read is printable");
    const Event sent{EventKind::transfer_refused,
                     {{"NAME", std::string(as_text(bytes))}, {"PEER", "10.0.0.9"}}};
    const std::string datagram = encode_event(sent);
    if (datagram.size() > event_size_max)
        return 0;
    const auto received = decode_event(as_bytes(datagram));
    require(received && received->fields.size() == 2, "an event comes through whole");
    require((*received)["NAME"] == printable(as_text(bytes)), "with its text made printable");
    require((*received)["PEER"] == "10.0.0.9", "and what follows it");
    return 0;
}
