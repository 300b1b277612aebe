#include "tftpd/access.hpp"

#include <gtest/gtest.h>

namespace plugtone::tftpd {
namespace {

const Mac mine = Mac::parse("000b82000001").value();
const Mac other = Mac::parse("000b82000002").value();
const Ipv4 address{0xC0000205};
constexpr std::int64_t now = 1000;

LeaseView lease_of(const Mac& mac, std::int64_t expires) {
    return LeaseView::of(std::optional(Binding{address, mac, expires}), now);
}
const LeaseView no_lease = LeaseView::of(std::optional<Binding>{}, now);
const LeaseView my_lease = lease_of(mine, now + 1);
const LeaseView other_lease = lease_of(other, now + 1);
const LeaseView my_old_lease = lease_of(mine, now);
const LeaseView other_old_lease = lease_of(other, now);
const LeaseView unreadable = LeaseView::of(fail("binding: garbled"), now);

struct Case {
    const char* what;
    std::optional<Mac> owner;
    AccessRule rule;
    LeaseView lease;
    std::optional<Mac> neighbour;
    bool allowed;
    std::optional<Mac> certificate = std::nullopt;
};

TEST(Access, DecidesByTheTable) {
    const auto lease = AccessRule::lease;
    const Case cases[] = {
        {"a public file", std::nullopt, lease, other_lease, other, true},
        {"the holder of the lease", mine, lease, my_lease, std::nullopt, true},
        {"the holder, whatever the neighbour table says", mine, lease, my_lease, other, true},
        {"another's lease", mine, lease, other_lease, std::nullopt, false},
        {"another's lease, with a forged neighbour", mine, lease, other_lease, mine, false},
        {"my lease that is over", mine, lease, my_old_lease, std::nullopt, false},
        {"my lease that is over, still my neighbour", mine, lease, my_old_lease, mine, true},
        {"another's lease that is over, my neighbour", mine, lease, other_old_lease, mine, true},
        {"no lease, my neighbour", mine, lease, no_lease, mine, true},
        {"no lease, another neighbour", mine, lease, no_lease, other, false},
        {"nothing known", mine, lease, no_lease, std::nullopt, false},
        {"a binding that cannot be read", mine, lease, unreadable, mine, false},
        {"an open file of another", mine, AccessRule::open, other_lease, other, true},
        {"an open file, bindings unreadable", mine, AccessRule::open, unreadable, other, true},
        {"certificate only", mine, AccessRule::certificate, my_lease, mine, false},
        {"certificate only, no owner", std::nullopt, AccessRule::certificate, my_lease, mine,
         false},
        {"my certificate", mine, AccessRule::certificate, other_lease, other, true, mine},
        {"another's certificate", mine, AccessRule::certificate, my_lease, mine, false, other},
        {"my certificate at another's address", mine, lease, other_lease, other, true, mine},
        {"another's certificate, my lease", mine, lease, my_lease, mine, true, other},
        {"my certificate, bindings unreadable", mine, lease, unreadable, other, true, mine},
    };
    for (const Case& c : cases) {
        const auto verdict =
            decide_access(c.owner, c.rule, c.certificate, c.lease, [&] { return c.neighbour; });
        EXPECT_EQ(verdict.allowed, c.allowed) << c.what;
        EXPECT_EQ(verdict.reason.empty(), c.allowed) << c.what;
    }
}

TEST(Access, AsksTheNeighbourTableOnlyWhenNoLeaseDecides) {
    int asked = 0;
    const AskNeighbour ask = [&asked]() -> std::optional<Mac> {
        ++asked;
        return std::nullopt;
    };
    decide_access(std::nullopt, AccessRule::lease, {}, no_lease, ask);
    decide_access(mine, AccessRule::lease, {}, my_lease, ask);
    decide_access(mine, AccessRule::lease, {}, other_lease, ask);
    EXPECT_EQ(asked, 0);
    decide_access(mine, AccessRule::lease, {}, no_lease, ask);
    EXPECT_EQ(asked, 1);
}

} // namespace
} // namespace plugtone::tftpd
