// The bootstrap window of a device (design, section 5, invariant 3): from its adoption to its first
// good fetch of the sealed file, the binary cfg<mac> that brings it its XML password is in the
// tree. A value that events move, and its rows in the database. One thread; the rows throw
// soci::soci_error when the database fails.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include <soci/soci.h>

#include "agent/own_files.hpp"
#include "core/base/mac.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

// A good fetch is one of the sealed file, begun after the device had the whole of the binary file:
// what was fetched before, or was begun before, tells nothing of the password.
enum class WindowStep {
    open,
    told,   // it has the whole of the binary file
    asked,  // and then began to fetch the sealed one
    closed, // and has the whole of that, too
};
std::string_view window_step_name(WindowStep step);

// kind: what happened to a transfer of the device's own, by itself.
WindowStep next_step(WindowStep step, EventKind kind, OwnFile file);

struct BootstrapWindow {
    WindowStep step = WindowStep::open;
    long long opened = 0; // seconds since 1970
};

class BootstrapRows {
public:
    // The table is the inventory's.
    explicit BootstrapRows(soci::session& database) : database_(database) {}

    // Those that are not closed.
    std::map<Mac, BootstrapWindow> open_ones();
    std::optional<BootstrapWindow> open_one(const Mac& mac);

    // Inside a transaction of the caller's. Not of a generation: what a device has proven, no undo
    // takes back.
    void open(const Mac& mac, long long now);
    void move(const Mac& mac, WindowStep step);

private:
    soci::session& database_;
};

} // namespace plugtone
