// The index against the plain way: trying every rule in order.
#include "core/classes/rule_index.hpp"

#include <random>

#include <gtest/gtest.h>

namespace plugtone {
namespace {

class Maker {
public:
    explicit Maker(unsigned int seed) : random_(seed) {}

    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }
    // Of few letters, so that texts begin with each other often.
    std::string text(std::size_t size_max) {
        std::string made;
        for (std::size_t size = below(size_max + 1); made.size() < size;)
            made += "ab*?"[below(10) < 9 ? below(2) : 2 + below(2)];
        return made;
    }
    Mac mac() {
        const std::uint8_t bytes[] = {0, 0x0b, static_cast<std::uint8_t>(below(3)),
                                      0, 0,    static_cast<std::uint8_t>(below(40))};
        return *Mac::from_bytes(bytes);
    }
    std::optional<TextPattern> pattern() {
        if (below(3) != 0)
            return std::nullopt;
        const TextMatch how =
            std::vector{TextMatch::exact, TextMatch::prefix, TextMatch::glob}[below(3)];
        return TextPattern{how, text(4)};
    }
    MatchRule rule() {
        MatchRule made;
        made.vendor_class = pattern();
        made.user_class = pattern();
        made.host_name = pattern();
        made.user_agent = pattern();
        if (below(4) == 0)
            made.kea_class = text(1);
        if (below(3) == 0)
            made.ouis = {mac().oui(), mac().oui()};
        if (below(3) == 0) {
            const Mac one = mac();
            const Mac other = mac();
            made.mac_range = MacRange{std::min(one, other), std::max(one, other)};
        }
        return made;
    }
    Identity identity() { return {mac(), text(5), text(5), text(5), text(5), {text(1), "a"}}; }

private:
    std::mt19937 random_;
};

TEST(RuleIndex, FindsWhatTryingEveryRuleInOrderFinds) {
    std::size_t found = 0;
    for (unsigned int seed = 0; seed < 300; ++seed) {
        Maker maker(seed);
        std::vector<MatchRule> rules(1 + maker.below(40));
        std::vector<const MatchRule*> pointers;
        for (MatchRule& rule : rules) {
            rule = maker.rule();
            pointers.push_back(&rule);
        }
        const RuleIndex index(pointers);
        for (int count = 0; count < 50; ++count) {
            const Identity identity = maker.identity();
            std::size_t first = 0;
            while (first < rules.size() && !rules[first].matches(identity))
                ++first;
            const std::size_t wanted = first < rules.size() ? first : RuleIndex::none;
            ASSERT_EQ(index.first_match(identity), wanted) << "seed " << seed;
            found += wanted == RuleIndex::none ? 0 : 1;
        }
    }
    EXPECT_GT(found, 1000U);
}

} // namespace
} // namespace plugtone
