#include "core/base/mac_range.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

Result<MacRange> MacRange::parse(std::string_view text) {
    // A MAC may be written with dashes itself; both are written alike, so that the one between
    // them stands in the middle.
    const std::size_t middle = text.size() / 2;
    const bool is_one = static_cast<bool>(Mac::parse(text));
    const bool is_two = !is_one && text.size() % 2 == 1 && text[middle] == '-';
    const auto first = Mac::parse(is_two ? text.substr(0, middle) : text);
    const auto last = is_two ? Mac::parse(text.substr(middle + 1)) : first;
    if (!first || !last || *last < *first)
        return fail("want FIRST-LAST or one MAC, 12 hex digits each, got '" + printable(text) +
                    "'");
    return MacRange{*first, *last};
}

std::string MacRange::text() const {
    return first == last ? first.text() : first.text() + "-" + last.text();
}

MacRanges::MacRanges(const std::vector<MacRange>& ranges) {
    nodes_.reserve(ranges.size());
    for (std::size_t id = 0; id < ranges.size(); ++id)
        nodes_.push_back({ranges[id].first.number(), ranges[id].last.number(), 0, id});
    std::sort(nodes_.begin(), nodes_.end(),
              [](const Node& a, const Node& b) { return a.first < b.first; });
    set_reach(0, nodes_.size());
}

std::uint64_t MacRanges::set_reach(std::size_t begin, std::size_t end) {
    if (begin == end)
        return 0;
    const std::size_t middle = begin + (end - begin) / 2;
    Node& node = nodes_[middle];
    node.reach = std::max({node.last, set_reach(begin, middle), set_reach(middle + 1, end)});
    return node.reach;
}

} // namespace plugtone
