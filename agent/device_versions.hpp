// Which model and firmware each phone says that it is, in its requests to the file server; hearsay,
// and kept. One thread. Throws soci::soci_error when the database fails.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <soci/soci.h>

#include "core/base/mac.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

struct DeviceVersion {
    std::string model;
    std::string version; // as FirmwareVersion writes it
    long long seen = 0;  // when it said so first; seconds since 1970

    bool operator==(const DeviceVersion&) const = default;
};

class DeviceVersions {
public:
    // Of all phones, those that nobody added among them, no more than so many are remembered.
    static constexpr std::size_t versions_max = 50'000;

    // The table is the inventory's.
    explicit DeviceVersions(soci::session& database);

    // Nothing if it never said.
    std::optional<DeviceVersion> of(const Mac& mac) const;
    // Of a transfer: what it said in it, if it did, and if it speaks of itself: one that names
    // another MAC than the one that holds its lease is not believed. Inside a transaction of the
    // caller's.
    std::optional<DeviceVersion> take(const Event& event, long long now);

private:
    soci::session& database_;
    std::map<Mac, DeviceVersion> versions_;
};

} // namespace plugtone
