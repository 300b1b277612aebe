#include "agent/inventory.hpp"

#include <array>
#include <stdexcept>

#include "agent/database.hpp"
#include "agent/inventory_rows.hpp"
#include "agent/inventory_schema.hpp"
#include "agent/sealed_context.hpp"
#include "agent/sql_rows.hpp"

namespace plugtone {

namespace {

// What goes with a device.
constexpr auto device_tables =
    std::to_array<const char*>({"device", "device_parameter", "vendor_file"});
// Have a since and an until, too, and are no fleet's: firmware lies where it was imported.
constexpr auto local_tables = std::to_array<const char*>({"firmware_pin"});

Mac stored_mac(const std::string& text) {
    return Mac::parse(text).value(); // we wrote it
}

ParameterName stored_name(const std::string& text) {
    return ParameterName::parse(text).value();
}

} // namespace

Inventory::Inventory(const std::string& path, SecretBox box) : box_(std::move(box)) {
    open_own_database(database_, path);
    bring_schema_up_to_date(database_, path);
}

std::string Inventory::seal(std::string_view plain, const std::string& context) const {
    const auto sealed = box_.seal(plain, context);
    if (!sealed)
        throw std::runtime_error(sealed.error().message);
    return to_hex(*sealed);
}

std::string Inventory::open(const std::string& sealed, const std::string& context) const {
    const auto bytes = from_hex(sealed);
    const auto plain = bytes ? box_.open(*bytes, context)
                             : Result<Secret>(fail("the value of " + context + " is no hex"));
    if (!plain)
        throw std::runtime_error("inventory: " + plain.error().message);
    return std::string(plain->reveal());
}

std::vector<Device> Inventory::devices() {
    std::vector<Device> all;
    each_row<4>(
        database_,
        "SELECT mac, class, label, password FROM device WHERE until IS NULL ORDER BY mac",
        [&](const std::array<std::string, 4>& row) {
            all.push_back({stored_mac(row[0]), row[1], row[2], Secret(open(row[3], row[0]))});
        });
    return all;
}

std::optional<Device> Inventory::device(const Mac& mac) {
    const std::string key = mac.text();
    std::string class_name, label, password;
    database_ << "SELECT class, label, password FROM device WHERE mac = :mac AND until IS NULL",
        soci::use(key), soci::into(class_name), soci::into(label), soci::into(password);
    if (!database_.got_data())
        return std::nullopt;
    return Device{mac, class_name, label, Secret(open(password, key))};
}

std::vector<Mac> Inventory::macs() {
    std::vector<Mac> all;
    each_row<1>(database_, "SELECT mac FROM device WHERE until IS NULL",
                [&](const std::array<std::string, 1>& row) { all.push_back(stored_mac(row[0])); });
    return all;
}

bool Inventory::has(const Mac& mac) {
    const std::string key = mac.text();
    int count = 0;
    database_ << "SELECT COUNT(*) FROM device WHERE mac = :mac AND until IS NULL", soci::use(key),
        soci::into(count);
    return count > 0;
}

ParameterSet Inventory::parameters(const Mac& mac) {
    const std::string key = mac.text();
    const soci::rowset<soci::row> rows =
        (database_.prepare << "SELECT name, value FROM device_parameter WHERE mac = :mac AND "
                              "until IS NULL",
         soci::use(key));
    ParameterSet set;
    for (const soci::row& row : rows) {
        const auto name = row.get<std::string>(0);
        set.emplace(stored_name(name),
                    open(row.get<std::string>(1), sealed_for::device_parameter(key, name)));
    }
    return set;
}

std::map<Mac, ParameterSet> Inventory::all_parameters() {
    std::map<Mac, ParameterSet> all;
    each_row<3>(database_, "SELECT mac, name, value FROM device_parameter WHERE until IS NULL",
                [&](const std::array<std::string, 3>& row) {
                    all[stored_mac(row[0])].emplace(
                        stored_name(row[1]),
                        open(row[2], sealed_for::device_parameter(row[0], row[1])));
                });
    return all;
}

SharedParameters Inventory::shared(const std::string& owner) {
    return std::move(all_shared()[owner]);
}

std::map<std::string, SharedParameters> Inventory::all_shared() {
    std::map<std::string, SharedParameters> all;
    each_row<4>(database_,
                "SELECT owner, name, value, CAST(public AS TEXT) FROM shared_parameter WHERE until "
                "IS NULL",
                [&](const std::array<std::string, 4>& row) {
                    all[row[0]][stored_name(row[1])] = {
                        open(row[2], sealed_for::shared_parameter(row[0], row[1])), row[3] != "0"};
                });
    return all;
}

std::optional<Bytes> Inventory::vendor_file(const Mac& mac) {
    const std::string key = mac.text();
    std::string content;
    database_ << "SELECT content FROM vendor_file WHERE mac = :mac AND until IS NULL",
        soci::use(key), soci::into(content);
    if (!database_.got_data())
        return std::nullopt;
    const std::string plain = open(content, sealed_for::vendor_file(key));
    return Bytes(plain.begin(), plain.end());
}

std::map<Mac, Bytes> Inventory::all_vendor_files() {
    std::map<Mac, Bytes> all;
    each_row<2>(database_, "SELECT mac, content FROM vendor_file WHERE until IS NULL",
                [&](const std::array<std::string, 2>& row) {
                    const std::string plain = open(row[1], sealed_for::vendor_file(row[0]));
                    all[stored_mac(row[0])] = Bytes(plain.begin(), plain.end());
                });
    return all;
}

std::set<Mac> Inventory::vendor_file_owners() {
    const soci::rowset<std::string> rows =
        (database_.prepare << "SELECT mac FROM vendor_file WHERE until IS NULL");
    std::set<Mac> owners;
    for (const std::string& mac : rows)
        owners.insert(stored_mac(mac));
    return owners;
}

std::vector<std::string> Inventory::told_shelves(const Mac& mac) {
    const std::string key = mac.text();
    const soci::rowset<std::string> rows =
        (database_.prepare << "SELECT folder FROM told_shelf WHERE mac = :mac ORDER BY id DESC",
         soci::use(key));
    std::vector<std::string> folders;
    for (const std::string& folder : rows)
        if (folders.size() < told_shelves_max)
            folders.push_back(folder);
    return folders;
}

std::map<Mac, std::vector<std::string>> Inventory::all_told_shelves() {
    std::map<Mac, std::vector<std::string>> all;
    each_row<2>(database_, "SELECT mac, folder FROM told_shelf ORDER BY id DESC",
                [&](const std::array<std::string, 2>& row) {
                    auto& folders = all[stored_mac(row[0])];
                    if (folders.size() < told_shelves_max)
                        folders.push_back(row[1]);
                });
    return all;
}

void Inventory::add_devices(Generation generation, const std::vector<Device>& devices) {
    std::string mac, class_name, label, password;
    soci::statement insert = (database_.prepare << "INSERT INTO device (mac, class, label, "
                                                   "password, since) VALUES (:mac, :class, "
                                                   ":label, :password, :since)",
                              soci::use(mac), soci::use(class_name), soci::use(label),
                              soci::use(password), soci::use(generation));
    for (const Device& device : devices) {
        mac = device.mac.text();
        class_name = device.class_name;
        label = device.label;
        password = seal(device.xml_password.reveal(), mac);
        insert.execute(true);
    }
}

void Inventory::adopt(Generation generation, const std::vector<Device>& devices, long long now) {
    add_devices(generation, devices);
    std::vector<Mac> macs;
    macs.reserve(devices.size());
    for (const Device& device : devices)
        macs.push_back(device.mac);
    await(macs, now);
}

void Inventory::await(const std::vector<Mac>& devices, long long now) {
    for (const Mac& mac : devices) {
        windows_.open(mac, now);
        rotations_.forget(mac);
    }
}

void Inventory::change_device(Generation generation, const Device& device) {
    const std::string mac = device.mac.text();
    database_ << "UPDATE device SET until = :until WHERE mac = :mac AND until IS NULL",
        soci::use(generation), soci::use(mac);
    add_devices(generation, {device});
}

void Inventory::remove_device(Generation generation, const Mac& mac) {
    const std::string key = mac.text();
    for (const char* table : device_tables)
        database_ << "UPDATE " << table << " SET until = :until WHERE mac = :mac AND until IS NULL",
            soci::use(generation), soci::use(key);
    overrides_.unset_url(generation, mac);
    pins_.forget_device(generation, mac);
}

void Inventory::set_parameters(Generation generation, const std::vector<Setting>& settings) {
    std::string mac, name, value;
    soci::statement close = (database_.prepare << "UPDATE device_parameter SET until = :until "
                                                  "WHERE mac = :mac AND name = :name AND until IS "
                                                  "NULL",
                             soci::use(generation), soci::use(mac), soci::use(name));
    soci::statement insert =
        (database_.prepare << "INSERT INTO device_parameter (mac, name, "
                              "value, since) VALUES (:mac, :name, :value, "
                              ":since)",
         soci::use(mac), soci::use(name), soci::use(value), soci::use(generation));
    for (const Setting& setting : settings) {
        mac = setting.mac.text();
        name = setting.assignment.name.text();
        value = seal(setting.assignment.value, sealed_for::device_parameter(mac, name));
        close.execute(true);
        insert.execute(true);
    }
}

bool Inventory::unset_parameter(Generation generation, const Mac& mac, const ParameterName& name) {
    const std::string key = mac.text();
    const std::string text = name.text();
    soci::statement ends = (database_.prepare << "UPDATE device_parameter SET until = :until WHERE "
                                                 "mac = :mac AND name = :name AND until IS NULL",
                            soci::use(generation), soci::use(key), soci::use(text));
    ends.execute(true);
    return ends.get_affected_rows() > 0;
}

void Inventory::set_shared(Generation generation, const std::string& owner,
                           const Assignment& assignment, bool is_public) {
    const std::string name = assignment.name.text();
    unset_shared(generation, owner, assignment.name);
    const std::string value = seal(assignment.value, sealed_for::shared_parameter(owner, name));
    const int flag = is_public ? 1 : 0;
    database_ << "INSERT INTO shared_parameter (owner, name, value, public, since) "
                 "VALUES (:owner, :name, :value, :public, :since)",
        soci::use(owner), soci::use(name), soci::use(value), soci::use(flag), soci::use(generation);
}

bool Inventory::unset_shared(Generation generation, const std::string& owner,
                             const ParameterName& name) {
    const std::string text = name.text();
    soci::statement ends = (database_.prepare << "UPDATE shared_parameter SET until = :until WHERE "
                                                 "owner = :owner AND name = :name AND until IS "
                                                 "NULL",
                            soci::use(generation), soci::use(owner), soci::use(text));
    ends.execute(true);
    return ends.get_affected_rows() > 0;
}

void Inventory::set_vendor_file(Generation generation, const Mac& mac, ByteView bytes) {
    unset_vendor_file(generation, mac);
    const std::string key = mac.text();
    const std::string content = seal(as_text(bytes), sealed_for::vendor_file(key));
    database_ << "INSERT INTO vendor_file (mac, content, since) VALUES (:mac, :content, :since)",
        soci::use(key), soci::use(content), soci::use(generation);
}

bool Inventory::unset_vendor_file(Generation generation, const Mac& mac) {
    const std::string key = mac.text();
    soci::statement ends = (database_.prepare << "UPDATE vendor_file SET until = :until WHERE "
                                                 "mac = :mac AND until IS NULL",
                            soci::use(generation), soci::use(key));
    ends.execute(true);
    return ends.get_affected_rows() > 0;
}

void Inventory::tell_shelf(const Mac& mac, const std::string& folder) {
    const std::string key = mac.text();
    // Told again, it is the newest.
    database_ << "DELETE FROM told_shelf WHERE mac = :mac AND folder = :folder", soci::use(key),
        soci::use(folder);
    database_ << "INSERT INTO told_shelf (id, mac, folder) SELECT COALESCE(MAX(id), 0) + 1, :mac, "
                 ":folder FROM told_shelf",
        soci::use(key), soci::use(folder);
}

Generation Inventory::newest() {
    Generation number = 0;
    database_ << "SELECT COALESCE(MAX(number), 0) FROM generation", soci::into(number);
    return number;
}

void Inventory::record(const GenerationRecord& record, bool by_operator) {
    const int flag = by_operator ? 1 : 0;
    database_ << "INSERT INTO generation (number, made, what, by_operator) "
                 "VALUES (:number, :made, :what, :by_operator)",
        soci::use(record.number), soci::use(record.made), soci::use(record.what), soci::use(flag);
}

std::vector<GenerationRecord> Inventory::generations(int count_max) {
    const soci::rowset<soci::row> rows =
        (database_.prepare << "SELECT number, made, what FROM generation ORDER BY number DESC "
                              "LIMIT :count",
         soci::use(count_max));
    std::vector<GenerationRecord> all;
    for (const soci::row& row : rows)
        all.push_back({row.get<long long>(0), row.get<long long>(1), row.get<std::string>(2)});
    return all;
}

std::optional<GenerationRecord> Inventory::last_change() {
    GenerationRecord found;
    database_
        << "SELECT number, made, what FROM generation WHERE by_operator = 1 AND taken_back = 0 "
           "ORDER BY number DESC LIMIT 1",
        soci::into(found.number), soci::into(found.made), soci::into(found.what);
    return database_.got_data() ? std::optional(found) : std::nullopt;
}

void Inventory::take_back(Generation generation) {
    std::vector<const char*> tables(local_tables.begin(), local_tables.end());
    for (const InventoryTable& table : inventory_tables())
        tables.push_back(table.name);
    for (const char* table : tables) {
        database_ << "DELETE FROM " << table << " WHERE since = :generation", soci::use(generation);
        database_ << "UPDATE " << table << " SET until = NULL WHERE until = :generation",
            soci::use(generation);
    }
    database_ << "UPDATE generation SET taken_back = 1 WHERE number = :generation",
        soci::use(generation);
}

Scope Inventory::touched_by(Generation generation) {
    int shared = 0;
    database_ << "SELECT COUNT(*) FROM shared_parameter WHERE since = :a OR until = :b",
        soci::use(generation), soci::use(generation), soci::into(shared);
    if (shared > 0)
        return Scope::all();
    Scope scope = pins_.touched_by(generation);
    for (const char* table : device_tables) {
        const soci::rowset<std::string> rows =
            (database_.prepare << "SELECT DISTINCT mac FROM " << table
                               << " WHERE since = :a OR until = :b",
             soci::use(generation), soci::use(generation));
        for (const std::string& mac : rows)
            scope.devices.insert(stored_mac(mac));
    }
    for (const MacRange& range : overrides_.redirects_touched_by(generation))
        for (const Mac& mac : macs())
            if (range.holds(mac))
                scope.devices.insert(mac);
    return scope;
}

long long Inventory::fleet_revision() {
    long long revision = 0;
    database_ << "SELECT revision FROM fleet", soci::into(revision);
    return revision;
}

void Inventory::follow_fleet(long long revision) {
    database_ << "UPDATE fleet SET revision = :revision", soci::use(revision);
}

} // namespace plugtone
