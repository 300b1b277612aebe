#include "tftpd/admission.hpp"

namespace plugtone::tftpd {

Admission::Ticket Admission::admit(const Ipv4& peer) {
    if (active_ >= total_)
        return {};
    const auto known = by_peer_.find(peer);
    if (known != by_peer_.end() ? known->second >= per_peer_ : per_peer_ == 0)
        return {};
    ++by_peer_[peer];
    ++active_;
    return {*this, peer};
}

void Admission::give_back(const Ipv4& peer) {
    const auto known = by_peer_.find(peer);
    if (--known->second == 0)
        by_peer_.erase(known);
    --active_;
}

} // namespace plugtone::tftpd
