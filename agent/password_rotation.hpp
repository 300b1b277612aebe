// A device's way from one XML password (P1359) to the next. Its file under the names that it knows
// stays sealed under the old one, and tells it the new one and another prefix and postfix (P234,
// P235). Under those names there is a file that is sealed under the new one: who asks by them has
// taken the first file, and with it the new password. When the device has fetched that one, the
// rotation is over. Whatever is lost on the way, the device finds a file that it can read. Rows of
// the database; one thread; throws soci::soci_error when the database fails.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <soci/soci.h>

#include "agent/secret_box.hpp"
#include "core/base/mac.hpp"
#include "core/base/secret.hpp"

namespace plugtone {

struct Rotation {
    std::string prefix; // P234 and P235 while it lasts
    std::string postfix;
    Secret password;       // the new one
    long long started = 0; // seconds since 1970
};

class RotationRows {
public:
    // The tables are the inventory's.
    RotationRows(soci::session& database, SecretBox box)
        : database_(database), box_(std::move(box)) {}

    // Those that are under way.
    std::map<Mac, Rotation> all();
    std::optional<Rotation> of(const Mac& mac);
    // The postfix that no rotation of the device has had yet, behind the one that it has now.
    std::string fresh_postfix(const Mac& mac, const std::string& postfix);

    // Inside a transaction of the caller's. Not of a generation: a device that has the new password
    // does not forget it by an undo.
    void begin(const Mac& mac, const Rotation& rotation);
    // The new password is the device's, in all that the inventory remembers of it.
    void finish(const Mac& mac);
    // A device of that MAC is added, with a password of its own.
    void forget(const Mac& mac);

private:
    std::string seal(std::string_view plain, const std::string& context) const;
    Secret open(const std::string& sealed, const std::string& context) const;

    soci::session& database_;
    SecretBox box_;
};

} // namespace plugtone
