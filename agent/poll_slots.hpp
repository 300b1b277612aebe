// Which place each device has in its class's schedule (core/classes/schedule.hpp): a number that it
// keeps, so that its minute is the same from publish to publish, whoever comes or goes. Rows in the
// database. One thread; throws soci::soci_error when the database fails.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <soci/soci.h>

#include "core/base/mac.hpp"

namespace plugtone {

// For one look at many devices: what it has read stays in memory until it goes.
class PollSlots {
public:
    // The table is the inventory's. all: of all devices, in one go.
    explicit PollSlots(soci::session& database, bool all = false);

    std::optional<std::uint64_t> find(const Mac& mac, const std::string& class_name);
    // The one that it has, or else the lowest that no device of the class ever had; inside a
    // transaction of the caller's.
    std::uint64_t of(const Mac& mac, const std::string& class_name);

private:
    soci::session& database_;
    bool has_all_ = false;
    std::map<std::string, std::map<Mac, std::uint64_t>> slots_; // by class
    std::map<std::string, std::uint64_t> next_;                 // free slot of the class
};

} // namespace plugtone
