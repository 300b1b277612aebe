#include "agent/password_rotation.hpp"

#include <stdexcept>
#include <vector>

#include "agent/sealed_context.hpp"
#include "agent/sql_rows.hpp"
#include "core/base/text.hpp"

namespace plugtone {

std::string RotationRows::seal(std::string_view plain, const std::string& context) const {
    const auto sealed = box_.seal(plain, context);
    if (!sealed)
        throw std::runtime_error(sealed.error().message);
    return to_hex(*sealed);
}

Secret RotationRows::open(const std::string& sealed, const std::string& context) const {
    const auto bytes = from_hex(sealed);
    auto plain = bytes ? box_.open(*bytes, context)
                       : Result<Secret>(fail("the value of " + context + " is no hex"));
    if (!plain)
        throw std::runtime_error("inventory: " + plain.error().message);
    return *std::move(plain);
}

std::map<Mac, Rotation> RotationRows::all() {
    std::map<Mac, Rotation> found;
    each_row<5>(database_,
                "SELECT mac, prefix, postfix, password, CAST(started AS TEXT) FROM "
                "password_rotation WHERE password <> ''",
                [&](const std::array<std::string, 5>& row) {
                    found[Mac::parse(row[0]).value()] = {
                        row[1], row[2], open(row[3], sealed_for::next_password(row[0])),
                        parse_number<long long>(row[4]).value_or(0)};
                });
    return found;
}

std::optional<Rotation> RotationRows::of(const Mac& mac) {
    const std::string key = mac.text();
    Rotation rotation;
    std::string password;
    database_ << "SELECT prefix, postfix, password, started FROM password_rotation WHERE mac = "
                 ":mac AND password <> ''",
        soci::use(key), soci::into(rotation.prefix), soci::into(rotation.postfix),
        soci::into(password), soci::into(rotation.started);
    if (!database_.got_data())
        return std::nullopt;
    rotation.password = open(password, sealed_for::next_password(key));
    return rotation;
}

std::string RotationRows::fresh_postfix(const Mac& mac, const std::string& postfix) {
    const std::string key = mac.text();
    long long number = 0;
    database_ << "SELECT COALESCE(MAX(number), 0) FROM password_rotation WHERE mac = :mac",
        soci::use(key), soci::into(number);
    return postfix + "_k" + std::to_string(number + 1);
}

void RotationRows::begin(const Mac& mac, const Rotation& rotation) {
    const std::string key = mac.text();
    const std::string password = seal(rotation.password.reveal(), sealed_for::next_password(key));
    database_ << "INSERT INTO password_rotation (mac, number, prefix, postfix, password, started) "
                 "VALUES (:mac, 1, :prefix, :postfix, :password, :started) "
                 "ON CONFLICT (mac) DO UPDATE SET number = password_rotation.number + 1, "
                 "prefix = excluded.prefix, postfix = excluded.postfix, password = "
                 "excluded.password, started = excluded.started",
        soci::use(key), soci::use(rotation.prefix), soci::use(rotation.postfix),
        soci::use(password), soci::use(rotation.started);
}

// An undo can bring any of the device's rows back: none of them may have the old password.
void RotationRows::finish(const Mac& mac) {
    const auto rotation = of(mac);
    if (!rotation)
        return;
    const std::string key = mac.text();
    std::string now;
    database_ << "SELECT password FROM device WHERE mac = :mac AND until IS NULL", soci::use(key),
        soci::into(now);
    if (database_.got_data()) {
        const Secret old = open(now, sealed_for::device_password(key));
        std::vector<std::string> rows;
        const soci::rowset<std::string> sealed =
            (database_.prepare << "SELECT password FROM device WHERE mac = :mac", soci::use(key));
        for (const std::string& one : sealed)
            rows.push_back(one);
        const std::string fresh =
            seal(rotation->password.reveal(), sealed_for::device_password(key));
        for (const std::string& one : rows)
            if (open(one, sealed_for::device_password(key)) == old)
                database_ << "UPDATE device SET password = :fresh WHERE mac = :mac AND password = "
                             ":one",
                    soci::use(fresh), soci::use(key), soci::use(one);
    }
    database_ << "UPDATE password_rotation SET password = '' WHERE mac = :mac", soci::use(key);
}

void RotationRows::forget(const Mac& mac) {
    const std::string key = mac.text();
    database_ << "UPDATE password_rotation SET password = '' WHERE mac = :mac", soci::use(key);
}

} // namespace plugtone
