#include "core/base/duration.hpp"

#include <array>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

struct Unit {
    char letter;
    long long seconds;
};
// The longest first.
constexpr auto units = std::to_array<Unit>({{'d', 86'400}, {'h', 3600}, {'m', 60}, {'s', 1}});
constexpr long long seconds_max = 3650LL * 86'400;

} // namespace

Result<long long> parse_duration(std::string_view text) {
    for (const Unit& unit : units) {
        if (!text.ends_with(unit.letter))
            continue;
        const auto count = parse_number<long long>(text.substr(0, text.size() - 1));
        if (count && *count > 0 && *count <= seconds_max / unit.seconds)
            return *count * unit.seconds;
    }
    return fail("want a time such as 90m, 24h or 7d, up to 3650d, got '" + printable(text) + "'");
}

std::string duration_text(long long seconds) {
    for (const Unit& unit : units)
        if (seconds >= unit.seconds && seconds % unit.seconds == 0)
            return std::to_string(seconds / unit.seconds) + unit.letter;
    return std::to_string(seconds) + "s";
}

} // namespace plugtone
