// Kea's lease file (memfile): who held which address when Kea was last asked to write it down. Rows
// follow each other as leases change, the last one of an address holds. Pure but for the reading;
// any thread.
#pragma once

#include <istream>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/contracts/bindings.hpp"

namespace plugtone {

class LeaseRows {
public:
    // One file after the other, the older first. Refuses what has not the columns that Kea writes,
    // with the line; the rows before it are kept.
    Done read(std::istream& file);
    // Of those that hold after now (seconds since 1970) and have an Ethernet address.
    std::vector<Binding> bindings(std::int64_t now) const;

private:
    std::map<Ipv4, Binding> rows_; // expires 0: the row ended the lease
};

// The files of Kea's memfile, as Kea itself reads them at its start: a clean-up may be under way.
// None is there before the first lease.
Result<LeaseRows> read_lease_files(const std::string& name);

} // namespace plugtone
