// What an operator asks of a rollout: its rings, quiet hours and stepping stones, as they are
// written, and which phone is in which ring. Plain values and functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/firmware/version.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"

namespace plugtone {

inline constexpr std::string_view usual_rings = "10%;50%;100%";

// First the canaries, if there are any, then growing shares of all phones, the canaries among them.
struct Rings {
    std::vector<Mac> canaries;
    std::vector<unsigned> percents; // 1 to 100, rising

    // "canary MAC,MAC;10%;50%;100%". Refuses what does not rise, what stands twice, and none at
    // all.
    static Result<Rings> parse(std::string_view text);
    std::string text() const;
    std::size_t count() const { return percents.size() + (canaries.empty() ? 0 : 1); }
    // "canary", "50%"
    std::string name(std::size_t ring) const;

    bool operator==(const Rings&) const = default;
};

// The time of day, local, in which phones are told of new firmware. It may go over midnight.
struct QuietHours {
    unsigned from = 0; // minutes of the day
    unsigned to = 0;   // not included

    // "22:00-06:00"
    static Result<QuietHours> parse(std::string_view text);
    std::string text() const;
    bool holds(unsigned minute) const;

    bool operator==(const QuietHours&) const = default;
};

// Phones below a version have to take another firmware first.
struct SteppingStone {
    long long firmware = 0;               // its ID
    std::optional<FirmwareVersion> below; // nothing: the stone's own version

    // "3", or "3:1.0.5.0" for phones below 1.0.5.0.
    static Result<SteppingStone> parse(std::string_view text);
    std::string text() const;
};

struct Place {
    Mac mac;
    std::size_t ring = 0; // 0 is the first
};
// Which of these phones belongs to which ring, in the order in which they are taken: by a hash of
// the rollout's ID and the MAC, so that it is the same whenever it is asked, and another rollout
// begins with others. Phones beyond the last share are left out. Refuses canaries that are not
// among them.
Result<std::vector<Place>> assign_rings(const Rings& rings, long long rollout,
                                        const std::vector<Mac>& devices);

} // namespace plugtone
