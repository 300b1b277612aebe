// Ranges of MAC addresses, and many of them in a form in which those that hold one address are
// found without looking at all. Plain values; any thread once made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mac.hpp"
#include "core/base/result.hpp"

namespace plugtone {

struct MacRange {
    Mac first;
    Mac last;

    // FIRST-LAST, or one MAC.
    static Result<MacRange> parse(std::string_view text);
    std::string text() const;
    bool holds(const Mac& mac) const { return first <= mac && mac <= last; }
    std::uint64_t size() const { return last.number() - first.number() + 1; }
    auto operator<=>(const MacRange&) const = default;
};

class MacRanges {
public:
    MacRanges() = default;
    // The ranges' ids are their places.
    explicit MacRanges(const std::vector<MacRange>& ranges);

    // take(id) for each that holds the MAC, in no particular order. Of ranges that lie beside each
    // other it looks at about two for each bit of their count; of those within each other, at each.
    template <class Take>
    void each_holding(const Mac& mac, Take take) const {
        visit(0, nodes_.size(), mac.number(), take);
    }

private:
    // An interval tree that needs no pointers: sorted, and each part's middle is its root.
    struct Node {
        std::uint64_t first;
        std::uint64_t last;
        std::uint64_t reach; // the greatest last of its part
        std::size_t id;
    };

    std::uint64_t set_reach(std::size_t begin, std::size_t end);
    template <class Take>
    void visit(std::size_t begin, std::size_t end, std::uint64_t mac, Take& take) const {
        while (begin < end) {
            const std::size_t middle = begin + (end - begin) / 2;
            const Node& node = nodes_[middle];
            if (node.reach < mac)
                return;
            visit(begin, middle, mac, take);
            if (mac < node.first)
                return;
            if (mac <= node.last)
                take(node.id);
            begin = middle + 1;
        }
    }

    std::vector<Node> nodes_;
};

} // namespace plugtone
