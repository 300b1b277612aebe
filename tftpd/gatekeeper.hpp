// Who may ask at all, and how often: what is asked of a source address before anything else, for
// every protocol. One thread; one for all loops would need a lock, so each loop has its own.
#pragma once

#include <vector>

#include "core/base/network.hpp"
#include "tftpd/metrics.hpp"
#include "tftpd/rate_limit.hpp"

namespace plugtone::tftpd {

class Gatekeeper {
public:
    using TimePoint = RateLimit::TimePoint;

    // networks: empty for all. metrics must outlive it.
    Gatekeeper(std::vector<Network> networks, const Rate& requests, Metrics& metrics)
        : networks_(std::move(networks)), requests_(requests), metrics_(metrics) {}

    // Counts a refusal by itself.
    bool admits_network(const Ipv4& peer);
    bool admits_request(const Ipv4& peer, TimePoint now);
    Metrics& metrics() { return metrics_; }

private:
    std::vector<Network> networks_;
    RateLimit requests_;
    Metrics& metrics_;
};

} // namespace plugtone::tftpd
