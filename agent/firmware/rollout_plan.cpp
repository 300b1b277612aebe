#include "agent/firmware/rollout_plan.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "core/base/bytes.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::size_t rings_max = 20;
constexpr std::size_t canaries_max = 1000;
constexpr unsigned minutes_of_hour = 60;
constexpr unsigned minutes_of_day = 24 * minutes_of_hour;
constexpr std::string_view canary_word = "canary";

// Takes off what stands before the character, or all.
std::string_view take_part(std::string_view& rest, char character) {
    const std::size_t end = std::min(rest.find(character), rest.size());
    const std::string_view part = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

Result<std::vector<Mac>> parse_canaries(std::string_view text) {
    std::vector<Mac> canaries;
    do {
        const auto mac = Mac::parse(take_part(text, ','));
        if (!mac)
            return fail_in("rings: canary", mac.error());
        if (std::find(canaries.begin(), canaries.end(), *mac) != canaries.end())
            return fail("rings: canary " + mac->text() + " stands twice");
        if (canaries.size() == canaries_max)
            return fail("rings: want at most " + std::to_string(canaries_max) + " canaries");
        canaries.push_back(*mac);
    } while (!text.empty());
    return canaries;
}

Result<unsigned> parse_percent(std::string_view text, unsigned before) {
    const std::string shown = printable(text);
    if (!text.ends_with('%'))
        return fail("rings: want 'canary MAC,MAC' or a share such as 10%, with ';' between, got '" +
                    shown + "'");
    text.remove_suffix(1);
    const auto percent = parse_number<unsigned>(text);
    if (!percent || *percent < 1 || *percent > 100)
        return fail("rings: want a share from 1% to 100%, got '" + shown + "'");
    if (*percent <= before)
        return fail("rings: shares are of all phones and have to rise, got " + shown + " after " +
                    std::to_string(before) + "%");
    return *percent;
}

std::optional<unsigned> parse_time(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.size() != colon + 3)
        return std::nullopt;
    const auto hour = parse_number<unsigned>(text.substr(0, colon));
    const auto minute = parse_number<unsigned>(text.substr(colon + 1));
    if (!hour || !minute || *hour > 23 || *minute >= minutes_of_hour)
        return std::nullopt;
    return *hour * minutes_of_hour + *minute;
}

std::string time_text(unsigned minute) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%02u:%02u", minute / minutes_of_hour,
                  minute % minutes_of_hour);
    return text.data();
}

} // namespace

Result<Rings> Rings::parse(std::string_view text) {
    Rings rings;
    std::string_view rest = text;
    bool first = true;
    do {
        std::string_view part = take_part(rest, ';');
        if (first && part.starts_with(canary_word) && part.size() > canary_word.size() &&
            part[canary_word.size()] == ' ') {
            auto canaries = parse_canaries(part.substr(canary_word.size()));
            if (!canaries)
                return tl::unexpected(canaries.error());
            rings.canaries = *std::move(canaries);
        } else {
            const auto percent =
                parse_percent(part, rings.percents.empty() ? 0 : rings.percents.back());
            if (!percent)
                return tl::unexpected(percent.error());
            rings.percents.push_back(*percent);
        }
        if (rings.count() > rings_max)
            return fail("rings: want at most " + std::to_string(rings_max));
        first = false;
    } while (!rest.empty());
    return rings;
}

std::string Rings::text() const {
    std::string text;
    for (const Mac& canary : canaries)
        text += (text.empty() ? std::string(canary_word) + " " : ",") + canary.text();
    for (const unsigned percent : percents)
        text += (text.empty() ? "" : ";") + std::to_string(percent) + "%";
    return text;
}

std::string Rings::name(std::size_t ring) const {
    if (!canaries.empty() && ring == 0)
        return std::string(canary_word);
    return std::to_string(percents.at(ring - (canaries.empty() ? 0 : 1))) + "%";
}

Result<QuietHours> QuietHours::parse(std::string_view text) {
    const std::size_t dash = std::min(text.find('-'), text.size());
    const auto from = parse_time(text.substr(0, dash));
    const auto to = parse_time(text.substr(std::min(dash + 1, text.size())));
    if (!from || !to || *from == *to)
        return fail("quiet hours: want two times of the day, such as 22:00-06:00, got '" +
                    printable(text) + "'");
    return QuietHours{*from, *to};
}

std::string QuietHours::text() const {
    return time_text(from) + "-" + time_text(to);
}

bool QuietHours::holds(unsigned minute) const {
    const auto after = [this](unsigned time) {
        return (time + minutes_of_day - from) % minutes_of_day;
    };
    return after(minute) < after(to);
}

Result<SteppingStone> SteppingStone::parse(std::string_view text) {
    const std::size_t colon = text.find(':');
    SteppingStone stone;
    const auto id = parse_number<long long>(text.substr(0, colon));
    if (!id || *id < 1)
        return fail("via: want a firmware's ID, or ID:VERSION for phones below that version, got "
                    "'" +
                    printable(text) + "'");
    stone.firmware = *id;
    if (colon != std::string_view::npos) {
        const auto below = FirmwareVersion::parse(text.substr(colon + 1));
        if (!below)
            return fail_in("via " + printable(text), below.error());
        stone.below = *below;
    }
    return stone;
}

std::string SteppingStone::text() const {
    return std::to_string(firmware) + (below ? ":" + below->text() : "");
}

Result<std::vector<Place>> assign_rings(const Rings& rings, long long rollout,
                                        const std::vector<Mac>& devices) {
    const std::set<Mac> canaries(rings.canaries.begin(), rings.canaries.end());
    std::vector<Place> places;
    for (const Mac& canary : rings.canaries) {
        if (std::find(devices.begin(), devices.end(), canary) == devices.end())
            return fail(ErrorKind::not_found,
                        "canary " + canary.text() + " is none of the phones of this rollout");
        places.push_back({canary, 0});
    }
    std::vector<std::pair<std::string, Mac>> others;
    for (const Mac& mac : devices)
        if (!canaries.contains(mac))
            others.emplace_back(sha256_hex(as_bytes(std::to_string(rollout) + " " + mac.text())),
                                mac);
    std::sort(others.begin(), others.end());
    const std::size_t first = canaries.empty() ? 0 : 1;
    std::size_t at = 0;
    for (std::size_t ring = 0; ring < rings.percents.size(); ++ring) {
        const std::size_t share = (devices.size() * rings.percents[ring] + 99) / 100;
        for (; at < others.size() && at + canaries.size() < share; ++at)
            places.push_back({others[at].second, first + ring});
    }
    return places;
}

} // namespace plugtone
