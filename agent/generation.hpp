// Generations of the served tree, and which devices a change to the next one concerns.
#pragma once

#include <set>

#include "core/base/mac.hpp"

namespace plugtone {

using Generation = long long; // 1 and up; 0: before the first (SOCI has no int64_t)

struct Scope {
    bool everything = false;
    std::set<Mac> devices;

    static Scope all() { return {true, {}}; }
    static Scope of(const Mac& mac) { return {false, {mac}}; }
    bool holds(const Mac& mac) const { return everything || devices.contains(mac); }
};

} // namespace plugtone
