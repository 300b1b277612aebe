// Firmware that was imported, as rows of the inventory; its files are on a shelf below firmware/.
// One thread. Throws soci::soci_error when the database fails.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <soci/soci.h>

#include "agent/firmware/shelf_draft.hpp"
#include "agent/firmware/version.hpp"
#include "core/names/shelf.hpp"

namespace plugtone {

using FirmwareId = long long; // 1 and up, and never given twice; 0: none

// What is on the disk. A power cut between the rows and the disk is mended from this at the start.
enum class FirmwareState {
    placing,  // about to be named: either it is there whole, or not at all
    there,    // it can be pinned
    removing, // about to go
    gone,     // only its ID is left, for what was pinned to it once
};

struct Firmware {
    FirmwareId id = 0;
    std::string model; // as phones report it, in whatever case
    FirmwareVersion version;
    Shelf shelf;
    long long imported = 0; // seconds since 1970
    std::vector<FirmwareFile> files;
    FirmwareState state = FirmwareState::there;

    // "firmware 3 (GXP2160 1.0.11.40)"
    std::string text() const;
};

class FirmwareRows {
public:
    // The tables are the inventory's.
    explicit FirmwareRows(soci::session& database) : database_(database) {}

    std::vector<Firmware> in_state(FirmwareState state);
    // If it is there.
    std::optional<Firmware> find(FirmwareId id);

    // Each a transaction of its own.
    FirmwareId add(const Firmware& firmware); // state and all but the ID
    void move_to(FirmwareId id, FirmwareState state);

private:
    soci::session& database_;
};

} // namespace plugtone
