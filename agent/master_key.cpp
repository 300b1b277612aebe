#include "agent/master_key.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "agent/sealed_context.hpp"
#include "agent/sql_rows.hpp"
#include "core/base/log.hpp"
#include "core/contracts/durable.hpp"

namespace plugtone {

namespace {

constexpr const char* id_name = "master key id";

// Says which key it is, and nothing of it.
std::string id_of(const SecretBox& box) {
    return box.fingerprint(id_name);
}

// A column of sealed values, and the two columns that say what each is sealed for.
struct SealedColumn {
    const char* table;
    const char* column;
    const char* first;
    const char* second;
    std::string (*context)(const std::string& first, const std::string& second);
};

constexpr auto sealed_columns = std::to_array<SealedColumn>({
    {"device", "password", "mac", "''",
     [](const std::string& mac, const std::string&) { return sealed_for::device_password(mac); }},
    {"device_parameter", "value", "mac", "name", sealed_for::device_parameter},
    {"shared_parameter", "value", "owner", "name", sealed_for::shared_parameter},
    {"vendor_file", "content", "mac", "''",
     [](const std::string& mac, const std::string&) { return sealed_for::vendor_file(mac); }},
    {"password_rotation", "password", "mac", "''",
     [](const std::string& mac, const std::string&) { return sealed_for::next_password(mac); }},
    {"pin", "settings", "CAST(number AS TEXT)", "''",
     [](const std::string& number, const std::string&) {
         return sealed_for::pin_settings(number);
     }},
    {"sealed_key", "value", "name", "''",
     [](const std::string& name, const std::string&) { return sealed_for::key(name); }},
});

Result<std::string> resealed(const std::string& sealed, const std::string& context,
                             const SecretBox& old_box, const SecretBox& new_box) {
    const auto bytes = from_hex(sealed);
    if (!bytes)
        return fail("the value of " + context + " is no hex");
    const auto plain = old_box.open(*bytes, context);
    if (!plain)
        return tl::unexpected(plain.error());
    const auto fresh = new_box.seal(plain->reveal(), context);
    return fresh ? Result<std::string>(to_hex(*fresh)) : tl::unexpected(fresh.error());
}

Done reseal_column(soci::session& database, const SealedColumn& sealed, const SecretBox& old_box,
                   const SecretBox& new_box) {
    const std::string table = sealed.table;
    const std::string column = sealed.column;
    std::vector<std::array<std::string, 3>> rows;
    each_row<3>(database,
                "SELECT DISTINCT " + column + ", " + sealed.first + ", " + sealed.second +
                    " FROM " + table + " WHERE " + column + " <> ''" +
                    (table == "sealed_key" ? std::string(" AND name <> '") + id_name + "'" : ""),
                [&](const std::array<std::string, 3>& row) { rows.push_back(row); });
    // Each value is looked for once: without an index that would be each row times each.
    database << "CREATE INDEX reseal_index ON " + table + " (" + column + ")";
    for (const auto& row : rows) {
        const auto fresh = resealed(row[0], sealed.context(row[1], row[2]), old_box, new_box);
        if (!fresh)
            return tl::unexpected(fresh.error());
        database << "UPDATE " + table + " SET " + column + " = :fresh WHERE " + column + " = :old",
            soci::use(*fresh), soci::use(row[0]);
    }
    database << "DROP INDEX reseal_index";
    return {};
}

std::string stored_id(soci::session& database) {
    const std::string name = id_name;
    std::string id;
    database << "SELECT value FROM sealed_key WHERE name = :name", soci::use(name), soci::into(id);
    return database.got_data() ? id : "";
}

void store_id(soci::session& database, const std::string& id) {
    const std::string name = id_name;
    database << "INSERT INTO sealed_key (name, value) VALUES (:name, :value) ON CONFLICT (name) DO "
                "UPDATE SET value = excluded.value",
        soci::use(name), soci::use(id);
}

// A database of before has no id: then a value is the proof.
bool opens(soci::session& database, const SecretBox& box) {
    if (const std::string id = stored_id(database); !id.empty())
        return id == id_of(box);
    std::string mac, sealed;
    database << "SELECT mac, password FROM device LIMIT 1", soci::into(mac), soci::into(sealed);
    const auto bytes = from_hex(sealed);
    if (database.got_data() && (!bytes || !box.open(*bytes, sealed_for::device_password(mac))))
        return false;
    store_id(database, id_of(box));
    return true;
}

bool is_there(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

void remove_next(const MasterKeyFiles& files) {
    if (is_there(files.next) && ::unlink(files.next.c_str()) != 0)
        log(Level::warning, "master-key-left-over", {{"file", files.next}});
}

} // namespace

Done reseal(Inventory& inventory, const SecretBox& old_box, const SecretBox& new_box) {
    soci::session& database = inventory.database();
    soci::transaction transaction(database); // rolls back unless committed
    for (const SealedColumn& column : sealed_columns)
        if (auto done = reseal_column(database, column, old_box, new_box); !done)
            return done;
    store_id(database, id_of(new_box));
    transaction.commit();
    return {};
}

Done install_next_key(const MasterKeyFiles& files) {
    if (::rename(files.next.c_str(), files.current.c_str()) != 0) {
        log(Level::warning, "master-key-to-install",
            {{"file", files.next},
             {"why", std::string(std::strerror(errno))},
             {"do", "seal it as the service's credential 'master.key' (systemd-creds encrypt), and "
                    "keep a copy elsewhere"}});
        return {};
    }
    const std::size_t slash = files.current.rfind('/');
    return sync_folder(slash == std::string::npos ? "." : files.current.substr(0, slash));
}

Result<OpenedInventory> open_inventory(const std::string& database, const MasterKeyFiles& files) {
    auto box = SecretBox::from_file(files.current);
    if (!box)
        return tl::unexpected(box.error());
    auto inventory = std::make_unique<Inventory>(database, *box);
    if (opens(inventory->database(), *box)) {
        remove_next(files);
        return OpenedInventory{*std::move(box), std::move(inventory)};
    }
    const tl::unexpected<Error> wrong = fail(
        ErrorKind::refused, "inventory: " + database + " does not open under this master key (" +
                                files.current + "): restore the key that it was sealed under");
    if (!is_there(files.next))
        return wrong;
    auto next = SecretBox::from_file(files.next);
    if (!next)
        return tl::unexpected(next.error());
    inventory = std::make_unique<Inventory>(database, *next);
    if (!opens(inventory->database(), *next))
        return wrong;
    if (auto installed = install_next_key(files); !installed)
        return tl::unexpected(installed.error());
    return OpenedInventory{*std::move(next), std::move(inventory)};
}

Done rotate_master_key(const std::string& database, const MasterKeyFiles& files) {
    auto opened = open_inventory(database, files);
    if (!opened)
        return tl::unexpected(opened.error());
    if (is_there(files.next))
        return fail(ErrorKind::conflict,
                    files.next + ": the last new key has not been put in place; do that first");
    const auto next = SecretBox::from_file(files.next); // made, durably
    if (!next)
        return tl::unexpected(next.error());
    if (auto done = reseal(*opened->inventory, opened->box, *next); !done)
        return done;
    return install_next_key(files);
}

Result<Fd> sole_agent(const std::string& root) {
    std::error_code error;
    std::filesystem::create_directories(root, error);
    Fd folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder)
        return fail_errno("cannot open " + root);
    if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(ErrorKind::conflict, root + ": an agent is at work there; stop it first "
                                                "(systemctl stop plugtone-agent)");
    return folder;
}

} // namespace plugtone
