#include "agent/resync_targets.hpp"

#include <set>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::string_view class_word = "class ";

bool is_meant(const ResyncCandidate& candidate, std::string_view which) {
    if (which == "all")
        return true;
    if (which == "outdated")
        return candidate.state.journey.state == State::outdated;
    if (!which.starts_with(class_word) || candidate.device_class == nullptr)
        return false;
    return candidate.device_class->name == which.substr(class_word.size());
}

} // namespace

Result<ResyncChoice> choose_for_resync(const std::map<Mac, ResyncCandidate>& devices,
                                       const std::vector<std::string>& macs,
                                       const std::string& which) {
    if (!which.empty() && which != "all" && which != "outdated" && !which.starts_with(class_word))
        return fail("resync: want 'all', 'outdated' or 'class NAME', got '" + printable(which) +
                    "'");
    std::set<Mac> chosen;
    for (const std::string& text : macs) {
        const auto mac = Mac::parse(text);
        if (!mac)
            return tl::unexpected(mac.error());
        if (!devices.contains(*mac))
            return fail(ErrorKind::not_found,
                        "no device " + mac->text() + "; 'plugtonectl device list' shows all");
        chosen.insert(*mac);
    }
    for (const auto& [mac, candidate] : devices)
        if (is_meant(candidate, which))
            chosen.insert(mac);
    ResyncChoice choice;
    for (const Mac& mac : chosen) {
        const ResyncCandidate& candidate = devices.at(mac);
        const auto address = Ipv4::parse(candidate.state.address);
        if (candidate.device_class == nullptr)
            choice.skipped.emplace_back(mac, "no class recognises it");
        else if (!address)
            choice.skipped.emplace_back(mac, "it has no lease that we know of");
        else
            choice.targets.push_back({mac,
                                      {*address, candidate.device_class->resync.port},
                                      candidate.device_class->resync.event});
    }
    return choice;
}

} // namespace plugtone
