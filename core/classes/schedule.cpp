#include "core/classes/schedule.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/classes/known_parameters.hpp"

namespace plugtone {

namespace {

// The codes of P194, which each family has its own (etc/parameters.d/grandstream.xml has them with
// their texts; a test compares); 0: it has none.
struct Modes {
    std::string_view family;
    int by_interval;
    int by_hour;
};
constexpr std::array<Modes, 9> modes_by_family = {{{"legacy", 1, 0},
                                                   {"gxp", 1, 2},
                                                   {"grp", 1, 2},
                                                   {"wp", 1, 2},
                                                   {"dp", 1, 2},
                                                   {"gxv", 3, 1},
                                                   {"ht", 3, 1},
                                                   {"gxw", 3, 1},
                                                   {"gac", 3, 1}}};

// HT80x V2 read P22296 in place of P194; to its sisters it means nothing.
constexpr std::string_view family_of_v2 = "ht";
constexpr int v2_by_interval = 1;
constexpr int v2_by_hour = 2;

// Where the slot lies in [0, size): the digits of its binary number mirrored behind the point (van
// der Corput), so that the first n slots lie evenly for every n, and a slot lies where it lay when
// others come.
std::uint32_t place_of(std::uint64_t slot, std::uint32_t size) {
    std::uint64_t mirrored = 0;
    constexpr int digits = 32;
    for (int digit = 0; digit < digits; ++digit)
        mirrored |= ((slot >> static_cast<unsigned>(digit)) & 1U)
                    << static_cast<unsigned>(digits - 1 - digit);
    return static_cast<std::uint32_t>((mirrored * size) >> static_cast<unsigned>(digits));
}

} // namespace

std::uint32_t first_request_min(std::uint32_t interval_min, std::uint64_t slot) {
    return interval_min / 2 + place_of(slot, interval_min);
}

ParameterSet scheduled(const Schedule& schedule, std::string_view family, std::uint64_t slot) {
    const auto* modes = std::find_if(modes_by_family.begin(), modes_by_family.end(),
                                     [&](const Modes& known) { return known.family == family; });
    if (modes == modes_by_family.end())
        return {};
    const bool is_v2 = family == family_of_v2;
    ParameterSet set;
    if (schedule.interval_min) {
        set[known::poll_mode] = std::to_string(modes->by_interval);
        set[known::poll_interval] = std::to_string(first_request_min(*schedule.interval_min, slot));
        if (is_v2)
            set[known::poll_mode_v2] = std::to_string(v2_by_interval);
    } else if (schedule.window_h && modes->by_hour != 0) {
        const auto [first, last] = *schedule.window_h;
        set[known::poll_mode] = std::to_string(modes->by_hour);
        set[known::poll_hour] = std::to_string(first + place_of(slot, last - first + 1));
        if (is_v2)
            set[known::poll_mode_v2] = std::to_string(v2_by_hour);
    }
    return set;
}

} // namespace plugtone
