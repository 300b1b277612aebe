// The tables of the inventory, the journal and the states, and the way from each version of them to
// the next. The version stands in a table of its own, schema_version.
#pragma once

#include <string>

#include <soci/soci.h>

namespace plugtone {

// All or nothing. Throws std::runtime_error for a database of a newer release. name: for its
// message.
void bring_schema_up_to_date(soci::session& database, const std::string& name);

} // namespace plugtone
