// The inventory that many appliances share, in one database: whose rows are each site's, and in
// which order they changed. An appliance has its own copy (inventory.hpp) and brings its changes
// here, one revision each; nothing is ever deleted, so that whoever was away finds out what he
// missed (docs/database.md). One thread; throws soci::soci_error when the database fails.
#pragma once

#include <string>
#include <vector>

#include "agent/inventory.hpp"
#include "agent/inventory_rows.hpp"

namespace plugtone {

using Revision = long long; // of the whole fleet; 1 and up

// 1 to 64 letters, digits, "-", "_" and ".".
Done check_site_name(std::string_view name);

// What one site has to take over.
struct FleetUpdate {
    Revision from = 0; // what it had
    Revision to = 0;
    RowChanges changes;
    std::vector<std::string> what; // "device add 000b82123456", the oldest first
    bool is_everything = false;    // what is not among the changes is gone
    bool is_of_new_site = false;   // nobody ever brought anything of it
};

class Fleet {
public:
    // Channel that each revision is told on (PostgreSQL's NOTIFY).
    static constexpr const char* channel = "plugtone";

    // The session and the box must outlive it. Brings the schema up to date.
    Fleet(soci::session& database, const SecretBox& box, std::string site);

    // An appliance with another master key could read nothing of the fleet's, nor the fleet of its.
    Done check_key();
    Revision revision();
    // What has come after "from"; everything, if "from" is 0 or of another life of the database.
    FleetUpdate since(Revision from);
    // Refused if others changed the same site, or classes, after revision "known".
    Result<Revision> bring(Revision known, const GenerationRecord& record,
                           const RowChanges& changes);

private:
    bool knows_site();
    Done check_known(Revision known);
    std::vector<std::string> changes_after(Revision from);

    soci::session& database_;
    const SecretBox& box_;
    std::string site_;
};

} // namespace plugtone
