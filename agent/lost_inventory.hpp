// A database that was lost, or emptied, looks like a branch that is yet to get its first device.
// Whoever publishes that takes every phone's files away.
#pragma once

#include <string>

#include "agent/inventory.hpp"

namespace plugtone {

// Refused if that inventory has never published anything, and what is live below root has files of
// devices. database: its file, for the message. One thread; throws soci::soci_error.
Done check_inventory_is_kept(Inventory& inventory, const std::string& root,
                             const std::string& database);

} // namespace plugtone
