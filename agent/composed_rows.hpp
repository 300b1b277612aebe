// Whether the live generation is what the inventory gives, so that a start need not compose it all
// anew to know. A generation is known by the SHA-256 of its manifest, and what it was made by,
// besides rows (the class files, this program …), by a fingerprint that is called its
// circumstances. Inside transactions of the caller's. One thread; throws soci::soci_error when the
// database fails.
#pragma once

#include <string>

#include <soci/soci.h>

#include "agent/generation.hpp"
#include "core/base/mac.hpp"

namespace plugtone {

class ComposedRows {
public:
    // The tables are the inventory's.
    explicit ComposedRows(soci::session& database) : database_(database) {}

    // Nothing has to be composed.
    bool holds(const std::string& generation, const std::string& circumstances);
    // That generation is what the inventory gives, but for devices that have to be looked at again.
    void record(const std::string& generation, const std::string& circumstances);
    // What changes this device's files is no part of a generation yet.
    void look_again(const Mac& mac);
    void looked_at(const Scope& scope);

private:
    soci::session& database_;
};

} // namespace plugtone
