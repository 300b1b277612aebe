// When a class's devices ask for their files: so that a branch does not ask all at once (the guide,
// "Managing firmware and configuration file download"). Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/classes/parameter.hpp"

namespace plugtone {

// One of the two is set.
struct Schedule {
    // Minutes between two requests of a device, on the average: each has its own number between
    // half and one and a half times that. For if all have booted in the same minute, their first
    // requests spread evenly over as many minutes; later ones drift apart.
    std::optional<std::uint32_t> interval_min = {};
    // Every day within these hours, 0 to 23, the last one included; in which minute is the device's
    // own choice.
    std::optional<std::pair<std::uint32_t, std::uint32_t>> window_h = {};

    bool operator==(const Schedule&) const = default;
};

// So that one and a half times the interval is in all families' range, and half of it, too.
inline constexpr std::uint32_t schedule_interval_min = 120;
inline constexpr std::uint32_t schedule_interval_max = 57'600;

// The parameters (P193, P194, and what the family has besides) of the device with that slot: the
// devices of a class have the numbers from 0 on. Nothing for a family whose form is not known:
// legacy phones have no hours, and no family at all has no form.
ParameterSet scheduled(const Schedule& schedule, std::string_view family, std::uint64_t slot);

// Minutes from a boot to the first request.
std::uint32_t first_request_min(std::uint32_t interval_min, std::uint64_t slot);

} // namespace plugtone
