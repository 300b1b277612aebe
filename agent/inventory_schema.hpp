// The tables of the inventory, the journal and the states, and the way from each version of them to
// the next.
#pragma once

#include <string>

#include <soci/soci.h>

namespace plugtone {

// All or nothing. Throws std::runtime_error for a database of a newer release. path: for its
// message.
void bring_schema_up_to_date(soci::session& database, const std::string& path);

} // namespace plugtone
