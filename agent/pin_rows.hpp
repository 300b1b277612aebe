// Which firmware devices are pinned to: by an operator, for one device or for a class, as rows that
// know since and until which generation they hold; and by rollouts, whose rows are their members'.
// One thread. Throws soci::soci_error when the database fails.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <soci/soci.h>

#include "agent/firmware_rows.hpp"
#include "agent/generation.hpp"
#include "core/base/mac.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

struct Pin {
    FirmwareId firmware = 0; // 0: the operator took it away, and what rollouts said before
    Generation since = 0;
    long long rollout = 0; // 0: an operator's
};

// What holds now.
struct Pins {
    std::map<Mac, Pin> devices;
    std::map<std::string, Pin> classes;
    std::map<Mac, Pin> rollouts; // of each device the newest
    std::map<FirmwareId, Shelf> shelves;

    // An operator's pin of the device, else of its class; and the newest of that and a rollout's.
    // Nothing: it is pinned to none.
    std::optional<Pin> of(const Mac& mac, const std::string& class_name) const;
    // The layer of the composition: P232 and P233, by which the device finds the shelf, P238, since
    // one that never looks for firmware would never find it, and P192 if server is not empty.
    // Nothing for no pin; refuses one to firmware that is not there.
    Result<ParameterSet> parameters(const Mac& mac, const std::string& class_name,
                                    const std::string& server) const;
};

class PinRows {
public:
    // The tables are the inventory's.
    explicit PinRows(soci::session& database) : database_(database) {}

    Pins all();
    // Of these devices, and of all classes.
    Pins of(const Scope& scope);

    // Inside a transaction of the caller's, on behalf of the generation being made. 0: unpinned.
    void pin_device(Generation generation, const Mac& mac, FirmwareId firmware);
    void pin_class(Generation generation, const std::string& class_name, FirmwareId firmware);
    // Its own, because it is removed.
    void forget_device(Generation generation, const Mac& mac);
    // Whose pins that generation made or ended; all, if it did so for a class.
    Scope touched_by(Generation generation);

private:
    void pin(Generation generation, const std::string& kind, const std::string& whom,
             FirmwareId firmware);
    void read_shelves(Pins& pins);

    soci::session& database_;
};

} // namespace plugtone
