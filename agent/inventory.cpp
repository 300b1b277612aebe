#include "agent/inventory.hpp"

#include <array>
#include <stdexcept>

#include <soci/sqlite3/soci-sqlite3.h>

namespace plugtone {

namespace {

constexpr int schema_version = 1;

// A row holds from generation "since" up to, not including, "until"; until is null while it holds.
constexpr std::array schema = {
    "CREATE TABLE device (mac TEXT NOT NULL, class TEXT NOT NULL, label TEXT NOT NULL, "
    "password TEXT NOT NULL, since BIGINT NOT NULL, until BIGINT)",
    "CREATE UNIQUE INDEX device_now ON device (mac) WHERE until IS NULL",
    "CREATE TABLE device_parameter (mac TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, "
    "since BIGINT NOT NULL, until BIGINT)",
    "CREATE UNIQUE INDEX device_parameter_now ON device_parameter (mac, name) WHERE until IS NULL",
    "CREATE TABLE site_parameter (name TEXT NOT NULL, value TEXT NOT NULL, public INTEGER NOT "
    "NULL, since BIGINT NOT NULL, until BIGINT)",
    "CREATE UNIQUE INDEX site_parameter_now ON site_parameter (name) WHERE until IS NULL",
    "CREATE TABLE generation (number BIGINT PRIMARY KEY, made BIGINT NOT NULL, what TEXT NOT "
    "NULL, by_operator INTEGER NOT NULL, taken_back INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE journal (id INTEGER PRIMARY KEY AUTOINCREMENT, time BIGINT NOT NULL, "
    "mac TEXT NOT NULL, owner TEXT NOT NULL, event TEXT NOT NULL)",
    "CREATE INDEX journal_mac ON journal (mac, id)",
    "CREATE INDEX journal_owner ON journal (owner, id)",
    "CREATE TABLE device_state (mac TEXT PRIMARY KEY, state TEXT NOT NULL, address TEXT NOT NULL, "
    "vendor_class TEXT NOT NULL, last_seen BIGINT NOT NULL)",
};

// The tables whose rows have a since and an until.
constexpr std::array temporal_tables = {"device", "device_parameter", "site_parameter"};

const std::string site_context = "site";

Mac stored_mac(const std::string& text) {
    return Mac::parse(text).value(); // we wrote it
}

ParameterName stored_name(const std::string& text) {
    return ParameterName::parse(text).value();
}

} // namespace

Inventory::Inventory(const std::string& path, SecretBox box)
    : database_(soci::sqlite3, "dbname=\"" + path + "\" timeout=5 synchronous=full"),
      box_(std::move(box)) {
    database_ << "PRAGMA journal_mode = WAL";
    database_ << "PRAGMA foreign_keys = ON";
    int version = 0;
    database_ << "PRAGMA user_version", soci::into(version);
    if (version > schema_version)
        throw std::runtime_error(path + ": made by a newer release (schema " +
                                 std::to_string(version) + ", this one knows " +
                                 std::to_string(schema_version) + ")");
    if (version == 0)
        create_tables();
}

void Inventory::create_tables() {
    soci::transaction transaction(database_);
    for (const char* statement : schema)
        database_ << statement;
    database_ << "PRAGMA user_version = " << schema_version;
    transaction.commit();
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
    const soci::rowset<soci::row> rows = (database_.prepare << "SELECT mac, class, label, password "
                                                               "FROM device WHERE until IS NULL "
                                                               "ORDER BY mac");
    std::vector<Device> all;
    for (const soci::row& row : rows) {
        const auto mac = row.get<std::string>(0);
        all.push_back({stored_mac(mac), row.get<std::string>(1), row.get<std::string>(2),
                       Secret(open(row.get<std::string>(3), mac))});
    }
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

ParameterSet Inventory::parameters(const Mac& mac) {
    const std::string key = mac.text();
    const soci::rowset<soci::row> rows =
        (database_.prepare << "SELECT name, value FROM device_parameter WHERE mac = :mac AND "
                              "until IS NULL",
         soci::use(key));
    ParameterSet set;
    for (const soci::row& row : rows) {
        const auto name = row.get<std::string>(0);
        set.emplace(stored_name(name), open(row.get<std::string>(1), key + " " + name));
    }
    return set;
}

std::map<Mac, ParameterSet> Inventory::all_parameters() {
    const soci::rowset<soci::row> rows =
        (database_.prepare << "SELECT mac, name, value FROM device_parameter WHERE until IS NULL");
    std::map<Mac, ParameterSet> all;
    for (const soci::row& row : rows) {
        const auto mac = row.get<std::string>(0);
        const auto name = row.get<std::string>(1);
        all[stored_mac(mac)].emplace(stored_name(name),
                                     open(row.get<std::string>(2), mac + " " + name));
    }
    return all;
}

SiteParameters Inventory::site() {
    const soci::rowset<soci::row> rows =
        (database_.prepare << "SELECT name, value, public FROM site_parameter WHERE until IS NULL");
    SiteParameters all;
    for (const soci::row& row : rows) {
        const auto name = row.get<std::string>(0);
        all[stored_name(name)] = {open(row.get<std::string>(1), site_context + " " + name),
                                  row.get<int>(2) != 0};
    }
    return all;
}

void Inventory::add_device(Generation generation, const Device& device) {
    const std::string mac = device.mac.text();
    const std::string password = seal(device.xml_password.reveal(), mac);
    database_ << "INSERT INTO device (mac, class, label, password, since) "
                 "VALUES (:mac, :class, :label, :password, :since)",
        soci::use(mac), soci::use(device.class_name), soci::use(device.label), soci::use(password),
        soci::use(generation);
}

void Inventory::remove_device(Generation generation, const Mac& mac) {
    const std::string key = mac.text();
    for (const char* table : {"device", "device_parameter"})
        database_ << "UPDATE " << table << " SET until = :until WHERE mac = :mac AND until IS NULL",
            soci::use(generation), soci::use(key);
}

void Inventory::set_parameter(Generation generation, const Mac& mac, const Assignment& assignment) {
    const std::string key = mac.text();
    const std::string name = assignment.name.text();
    unset_parameter(generation, mac, assignment.name);
    const std::string value = seal(assignment.value, key + " " + name);
    database_ << "INSERT INTO device_parameter (mac, name, value, since) "
                 "VALUES (:mac, :name, :value, :since)",
        soci::use(key), soci::use(name), soci::use(value), soci::use(generation);
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

void Inventory::set_site(Generation generation, const Assignment& assignment, bool is_public) {
    const std::string name = assignment.name.text();
    unset_site(generation, assignment.name);
    const std::string value = seal(assignment.value, site_context + " " + name);
    const int flag = is_public ? 1 : 0;
    database_ << "INSERT INTO site_parameter (name, value, public, since) "
                 "VALUES (:name, :value, :public, :since)",
        soci::use(name), soci::use(value), soci::use(flag), soci::use(generation);
}

bool Inventory::unset_site(Generation generation, const ParameterName& name) {
    const std::string text = name.text();
    soci::statement ends = (database_.prepare << "UPDATE site_parameter SET until = :until WHERE "
                                                 "name = :name AND until IS NULL",
                            soci::use(generation), soci::use(text));
    ends.execute(true);
    return ends.get_affected_rows() > 0;
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
    database_ << "SELECT number, made, what FROM generation WHERE by_operator AND NOT taken_back "
                 "ORDER BY number DESC LIMIT 1",
        soci::into(found.number), soci::into(found.made), soci::into(found.what);
    return database_.got_data() ? std::optional(found) : std::nullopt;
}

void Inventory::take_back(Generation generation) {
    for (const char* table : temporal_tables) {
        database_ << "DELETE FROM " << table << " WHERE since = :generation", soci::use(generation);
        database_ << "UPDATE " << table << " SET until = NULL WHERE until = :generation",
            soci::use(generation);
    }
    database_ << "UPDATE generation SET taken_back = 1 WHERE number = :generation",
        soci::use(generation);
}

} // namespace plugtone
