#include "agent/lost_inventory.hpp"

#include <set>

#include "agent/generation_files.hpp"
#include "core/contracts/tree.hpp"

namespace plugtone {

Done check_inventory_is_kept(Inventory& inventory, const std::string& root,
                             const std::string& database) {
    if (inventory.newest() > 0)
        return {};
    const std::string link = root + "/" + std::string(tree::config_link);
    std::set<Mac> owners;
    for (const auto& [path, file] : read_contents(link))
        if (file.entry.owner)
            owners.insert(*file.entry.owner);
    if (owners.empty())
        return {};
    return fail(ErrorKind::refused, database + ": the database is empty, and " + link +
                                        " has files of " + std::to_string(owners.size()) +
                                        " devices, which are served as before. Put a backup in its "
                                        "place (docs/database.md), or, to begin anew without these "
                                        "devices, remove " +
                                        link);
}

} // namespace plugtone
