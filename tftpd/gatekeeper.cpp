#include "tftpd/gatekeeper.hpp"

#include <algorithm>

namespace plugtone::tftpd {

bool Gatekeeper::admits_network(const Ipv4& peer) {
    const bool admitted =
        networks_.empty() || std::any_of(networks_.begin(), networks_.end(),
                                         [&](const Network& net) { return net.holds(peer); });
    if (!admitted)
        metrics_.refused(Refusal::network);
    return admitted;
}

bool Gatekeeper::admits_request(const Ipv4& peer, TimePoint now) {
    const bool admitted = requests_.admit(peer, now);
    if (!admitted)
        metrics_.refused(Refusal::rate);
    return admitted;
}

} // namespace plugtone::tftpd
