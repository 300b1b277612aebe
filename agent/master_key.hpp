// Which key is the database sealed under, and how it gets another. The key lies in a file, or comes
// from systemd (LoadCredential). A new one is written beside it first; then all values are sealed
// anew in one transaction, with the new key's id; then the new file takes the old one's place.
// Wherever that is cut off, one of the two files opens all, and the next start knows which. One
// thread; throws soci::soci_error when the database fails.
#pragma once

#include <memory>
#include <string>

#include "agent/inventory.hpp"
#include "agent/secret_box.hpp"
#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace plugtone {

struct MasterKeyFiles {
    std::string current;
    std::string next; // is there only while a rotation is not finished
};

struct OpenedInventory {
    SecretBox box;
    std::unique_ptr<Inventory> inventory;
};

// The inventory under the key that it is sealed under; makes key and database when there are none,
// and finishes a rotation that was cut off.
Result<OpenedInventory> open_inventory(const std::string& database, const MasterKeyFiles& files);

// While no agent runs (sole_agent()).
Done rotate_master_key(const std::string& database, const MasterKeyFiles& files);

// The two steps of it, for tests that stop between them.
Done reseal(Inventory& inventory, const SecretBox& old_box, const SecretBox& new_box);
// A place that cannot be written, such as that of systemd's credentials, is left as it is, and the
// log says what to do.
Done install_next_key(const MasterKeyFiles& files);

// Held as long as the agent runs: two of them on one tree would work against each other.
Result<Fd> sole_agent(const std::string& root);

} // namespace plugtone
