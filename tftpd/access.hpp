// Who may read a private file? A pure decision (design, section 2): who shows a client certificate
// that names the owner; else the address that holds the owner's lease; else, if it holds no lease
// at all, the neighbour on the wire with the owner's hardware address. Where nothing is known,
// nobody.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/classes/device_class.hpp"
#include "core/contracts/bindings.hpp"

namespace plugtone::tftpd {

// What the bindings say of the asking address.
struct LeaseView {
    std::optional<Mac> holder; // of a lease that lives
    std::string trouble;       // why the binding could not be read; empty if it could

    // now: seconds since 1970.
    static LeaseView of(const Result<std::optional<Binding>>& binding, std::int64_t now);
};

struct Verdict {
    bool allowed = false;
    std::string reason; // why not; for logs and events, the asker gets "not found"
};

// Asked only when the bindings do not decide.
using AskNeighbour = std::function<std::optional<Mac>()>;

// certificate: the MAC that the asker's certificate names by the rule of the owner's class.
Verdict decide_access(const std::optional<Mac>& owner, AccessRule rule,
                      const std::optional<Mac>& certificate, const LeaseView& lease,
                      const AskNeighbour& ask_neighbour);

} // namespace plugtone::tftpd
