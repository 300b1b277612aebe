// Finds which <match> of very many takes a device, without trying all of them: each stands under
// the most telling of its conditions, and only those that stand where the device's MAC, texts and
// classes lead are tried. Immutable; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/mac_range.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

// Texts under what they begin with.
class PrefixIndex {
public:
    void add(std::string_view leading, std::size_t id);
    // Once, after the last add().
    void settle();

    // take(id) for each whose text stands at the beginning of this one.
    template <class Take>
    void each_beginning(std::string_view text, Take take) const {
        for (std::size_t at = last_up_to(text); at != nowhere; at = keys_[at].shorter)
            if (text.starts_with(keys_[at].text))
                for (const std::size_t id : keys_[at].ids)
                    take(id);
    }

private:
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    struct Key {
        std::string text;
        std::vector<std::size_t> ids;
        std::size_t shorter = nowhere; // the longest other key that this one begins with
    };
    std::size_t last_up_to(std::string_view text) const;

    std::vector<Key> keys_; // sorted
};

class RuleIndex {
public:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    RuleIndex() = default;
    // The rules, best first; they must outlive it.
    explicit RuleIndex(std::vector<const MatchRule*> rules);

    // The place of the first that takes the device, or none.
    std::size_t first_match(const Identity& identity) const;

private:
    void place(std::size_t id);

    std::vector<const MatchRule*> rules_;
    MacRanges ranges_;
    std::vector<std::size_t> range_rules_; // by the range's id
    PrefixIndex vendor_classes_;
    PrefixIndex user_classes_;
    PrefixIndex host_names_;
    PrefixIndex user_agents_;
    std::map<std::string, std::vector<std::size_t>, std::less<>> kea_classes_;
    std::vector<std::pair<std::uint32_t, std::size_t>> ouis_; // sorted
    std::vector<std::size_t> rest_;                           // patterns that begin with a wildcard
};

} // namespace plugtone
