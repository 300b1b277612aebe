#include "tftpd/admission.hpp"

namespace plugtone::tftpd {

std::optional<Admission::Ticket> Admission::admit(const Ipv4& peer) {
    if (active_ >= total_)
        return std::nullopt;
    const auto known = by_peer_.find(peer);
    if (known != by_peer_.end() ? known->second >= per_peer_ : per_peer_ == 0)
        return std::nullopt;
    ++by_peer_[peer];
    ++active_;
    return Ticket(*this, peer);
}

void Admission::give_back(const Ipv4& peer) {
    const auto known = by_peer_.find(peer);
    if (--known->second == 0)
        by_peer_.erase(known);
    if (--active_ == 0 && on_idle_)
        on_idle_();
}

} // namespace plugtone::tftpd
