#include "core/classes/rule_index.hpp"

#include <algorithm>
#include <array>

namespace plugtone {

void PrefixIndex::add(std::string_view leading, std::size_t id) {
    const auto at =
        std::lower_bound(keys_.begin(), keys_.end(), leading,
                         [](const Key& key, std::string_view wanted) { return key.text < wanted; });
    if (at != keys_.end() && at->text == leading)
        at->ids.push_back(id);
    else
        keys_.insert(at, Key{std::string(leading), {id}, nowhere});
}

void PrefixIndex::settle() {
    for (std::size_t at = 1; at < keys_.size(); ++at) {
        // Whatever this one begins with, the one before it begins with, too.
        std::size_t shorter = at - 1;
        while (shorter != nowhere && !keys_[at].text.starts_with(keys_[shorter].text))
            shorter = keys_[shorter].shorter;
        keys_[at].shorter = shorter;
    }
}

std::size_t PrefixIndex::last_up_to(std::string_view text) const {
    const auto after =
        std::upper_bound(keys_.begin(), keys_.end(), text,
                         [](std::string_view wanted, const Key& key) { return wanted < key.text; });
    return after == keys_.begin() ? nowhere : static_cast<std::size_t>(after - keys_.begin()) - 1;
}

RuleIndex::RuleIndex(std::vector<const MatchRule*> rules) : rules_(std::move(rules)) {
    std::vector<MacRange> ranges;
    for (std::size_t id = 0; id < rules_.size(); ++id) {
        if (rules_[id]->mac_range) {
            ranges.push_back(*rules_[id]->mac_range);
            range_rules_.push_back(id);
        } else {
            place(id);
        }
    }
    ranges_ = MacRanges(ranges);
    for (PrefixIndex* index : {&vendor_classes_, &user_classes_, &host_names_, &user_agents_})
        index->settle();
    std::sort(ouis_.begin(), ouis_.end());
}

void RuleIndex::place(std::size_t id) {
    const MatchRule& rule = *rules_[id];
    using Place = std::pair<const std::optional<TextPattern>*, PrefixIndex*>;
    const std::array<Place, 4> texts{{{&rule.vendor_class, &vendor_classes_},
                                      {&rule.user_class, &user_classes_},
                                      {&rule.host_name, &host_names_},
                                      {&rule.user_agent, &user_agents_}}};
    for (const auto& [pattern, index] : texts)
        if (*pattern && !(*pattern)->leading().empty())
            return index->add((*pattern)->leading(), id);
    if (!rule.kea_class.empty())
        kea_classes_[rule.kea_class].push_back(id);
    else if (rule.ouis.empty())
        rest_.push_back(id);
    else
        for (const std::uint32_t oui : rule.ouis)
            ouis_.emplace_back(oui, id);
}

std::size_t RuleIndex::first_match(const Identity& identity) const {
    std::size_t best = none;
    const auto consider = [&](std::size_t id) {
        if (id < best && rules_[id]->matches(identity))
            best = id;
    };
    ranges_.each_holding(identity.mac, [&](std::size_t range) { consider(range_rules_[range]); });
    vendor_classes_.each_beginning(identity.vendor_class, consider);
    user_classes_.each_beginning(identity.user_class, consider);
    host_names_.each_beginning(identity.host_name, consider);
    user_agents_.each_beginning(identity.user_agent, consider);
    for (const std::string& name : identity.kea_classes)
        if (const auto found = kea_classes_.find(name); found != kea_classes_.end())
            std::for_each(found->second.begin(), found->second.end(), consider);
    const std::uint32_t oui = identity.mac.oui();
    for (auto at = std::lower_bound(ouis_.begin(), ouis_.end(), std::pair(oui, std::size_t{0}));
         at != ouis_.end() && at->first == oui; ++at)
        consider(at->second);
    std::for_each(rest_.begin(), rest_.end(), consider);
    return best;
}

} // namespace plugtone
