#include "agent/composed_rows.hpp"

namespace plugtone {

bool ComposedRows::holds(const std::string& generation, const std::string& circumstances) {
    int recorded = 0;
    database_ << "SELECT COUNT(*) FROM composed WHERE generation = :generation AND circumstances = "
                 ":circumstances AND NOT EXISTS (SELECT 1 FROM look_again)",
        soci::use(generation), soci::use(circumstances), soci::into(recorded);
    return recorded > 0;
}

void ComposedRows::record(const std::string& generation, const std::string& circumstances) {
    database_ << "DELETE FROM composed";
    database_ << "INSERT INTO composed (generation, circumstances) VALUES (:generation, "
                 ":circumstances)",
        soci::use(generation), soci::use(circumstances);
}

void ComposedRows::look_again(const Mac& mac) {
    const std::string key = mac.text();
    database_ << "INSERT INTO look_again (mac) VALUES (:mac) ON CONFLICT (mac) DO NOTHING",
        soci::use(key);
}

void ComposedRows::looked_at(const Scope& scope) {
    if (scope.everything) {
        database_ << "DELETE FROM look_again";
        return;
    }
    std::string key;
    soci::statement remove =
        (database_.prepare << "DELETE FROM look_again WHERE mac = :mac", soci::use(key));
    for (const Mac& mac : scope.devices) {
        key = mac.text();
        remove.execute(true);
    }
}

} // namespace plugtone
