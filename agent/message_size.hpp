// How much a message from the bus holds, before anything is made of it. The bus's thread.
#pragma once

#include <cstddef>
#include <optional>

#include <systemd/sd-bus.h>

namespace plugtone {

// The bytes of all its texts and arrays of bytes, and eight for each number; nothing if that is
// more than size_max, or the message cannot be read. Reads from its beginning, and leaves it there.
std::optional<std::size_t> message_size(sd_bus_message* message, std::size_t size_max);

} // namespace plugtone
