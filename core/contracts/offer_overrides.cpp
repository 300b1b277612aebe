#include "core/contracts/offer_overrides.hpp"

#include <optional>
#include <utility>

#include "core/base/take_until.hpp"
#include "core/base/text.hpp"
#include "core/classes/url_template.hpp"

namespace plugtone {

namespace {

constexpr std::string_view first_line = "plugtone-offers 1";

Done decode_line(std::string_view line, OfferOverrides& into) {
    const std::string_view kind = take_until(line, ' ');
    const std::string_view whom = take_until(line, ' ');
    if ((kind != "redirect" && kind != "device") || line.empty())
        return fail("want 'redirect RANGE URL' or 'device MAC URL'");
    if (auto good = check_url_template(line, false); !good)
        return good;
    const auto range = MacRange::parse(whom);
    if (!range)
        return tl::unexpected(range.error());
    if (kind == "device" && range->first != range->last)
        return fail("want one MAC, got '" + printable(whom) + "'");
    const bool is_new = kind == "device" ? into.device_urls.emplace(range->first, line).second
                                         : into.redirects.emplace(*range, line).second;
    return is_new ? Done{} : Done(fail(std::string(whom) + " stands twice"));
}

} // namespace

std::string encode_overrides(const OfferOverrides& overrides) {
    std::string text = std::string(first_line) + "\n";
    for (const auto& [range, url] : overrides.redirects)
        text += "redirect " + range.text() + " " + url + "\n";
    for (const auto& [mac, url] : overrides.device_urls)
        text += "device " + mac.text() + " " + url + "\n";
    return text;
}

Result<OfferOverrides> decode_overrides(ByteView bytes) {
    std::string_view rest = as_text(bytes);
    if (take_until(rest, '\n') != first_line)
        return fail("line 1: want '" + std::string(first_line) + "'");
    if (!rest.empty() && !rest.ends_with('\n'))
        return fail("the last line is cut off");
    OfferOverrides overrides;
    for (std::size_t number = 2; !rest.empty(); ++number)
        if (auto good = decode_line(take_until(rest, '\n'), overrides); !good)
            return fail_in("line " + std::to_string(number), good.error());
    return overrides;
}

OverrideTable::OverrideTable(OfferOverrides overrides) : overrides_(std::move(overrides)) {
    for (const auto& [range, url] : overrides_.redirects) {
        by_id_.push_back(range);
        urls_.push_back(url);
    }
    ranges_ = MacRanges(by_id_);
}

const std::string* OverrideTable::redirect_of(const Mac& mac) const {
    std::optional<std::size_t> best;
    ranges_.each_holding(mac, [&](std::size_t id) {
        const auto narrowness = [&](std::size_t of) { return std::pair(by_id_[of].size(), of); };
        if (!best || narrowness(id) < narrowness(*best))
            best = id;
    });
    return best ? &urls_[*best] : nullptr;
}

const std::string* OverrideTable::url_of(const Mac& mac) const {
    const auto found = overrides_.device_urls.find(mac);
    return found == overrides_.device_urls.end() ? nullptr : &found->second;
}

} // namespace plugtone
