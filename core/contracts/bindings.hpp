// Who holds this address? One small file for each lease, FOLDER/<ip>, written by the Kea hook and
// read by the file server on each request for a private file. Content:
// "MAC=000b82123456\nEXPIRES=1735689600\n" (seconds since 1970).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/ipv4.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"

namespace plugtone {

// A lease without an end.
inline constexpr std::int64_t never_expires = std::numeric_limits<std::int64_t>::max();

struct Binding {
    Ipv4 address;
    Mac mac;
    std::int64_t expires = 0;

    bool holds_at(std::int64_t now) const { return now < expires; }
    bool operator==(const Binding&) const = default;
};

std::string encode_binding(const Binding& binding);
Result<Binding> decode_binding(const Ipv4& address, ByteView bytes);

// Whoever reads sees the old one or the new one, whole. One writer of a folder at a time.
Done write_binding(const std::string& folder, const Binding& binding);
// Removing what is not there is fine.
Done remove_binding(const std::string& folder, const Ipv4& address);
// Nothing when the address has no lease; an error when the file is there and cannot be read.
Result<std::optional<Binding>> read_binding(const std::string& folder, const Ipv4& address);

} // namespace plugtone
