#include "tftpd/access.hpp"

namespace plugtone::tftpd {

LeaseView LeaseView::of(const Result<std::optional<Binding>>& binding, std::int64_t now) {
    if (!binding)
        return {std::nullopt, binding.error().message};
    if (*binding && (*binding)->holds_at(now))
        return {(*binding)->mac, {}};
    return {};
}

Verdict decide_access(const std::optional<Mac>& owner, AccessRule rule,
                      const std::optional<Mac>& certificate, const LeaseView& lease,
                      const AskNeighbour& ask_neighbour) {
    if (owner && certificate == owner)
        return {true, {}};
    if (rule == AccessRule::certificate && certificate)
        return {false, "the client certificate names " + certificate->text()};
    if (rule == AccessRule::certificate)
        return {false, "only with a client certificate"};
    if (rule == AccessRule::open || !owner)
        return {true, {}};
    if (!lease.trouble.empty())
        return {false, "the address's lease is not readable: " + lease.trouble};
    // A live lease decides, for or against: the neighbour table can be poisoned by anyone on the
    // wire, the lease not.
    if (lease.holder == owner)
        return {true, {}};
    if (lease.holder)
        return {false, "the address is leased to " + lease.holder->text()};
    const auto neighbour = ask_neighbour();
    if (neighbour == owner)
        return {true, {}};
    if (neighbour)
        return {false, "no lease, and the neighbour is " + neighbour->text()};
    return {false, "no lease, and no neighbour is known at the address"};
}

} // namespace plugtone::tftpd
