#include "kea-hook/leases.hpp"

#include <ctime>
#include <exception>

#include <dhcp/classify.h>
#include <dhcpsrv/lease_mgr_factory.h>
#include <dhcpsrv/subnet_id.h>

namespace plugtone {

namespace {

using isc::asiolink::IOAddress;
using isc::dhcp::Lease4;
using isc::dhcp::LeaseMgrFactory;

constexpr std::size_t page_size = 1000;

std::optional<Binding> live_binding_of(const Lease4& lease, std::int64_t now) {
    // Declined and reclaimed ones: whoever held it before does so no longer.
    auto binding =
        lease.state_ == isc::dhcp::Lease::STATE_DEFAULT ? binding_of(lease) : std::nullopt;
    return binding && binding->holds_at(now) ? binding : std::nullopt;
}

} // namespace

std::optional<Binding> binding_of(const Lease4& lease) {
    if (!lease.hwaddr_)
        return std::nullopt;
    const auto mac = Mac::from_bytes(lease.hwaddr_->hwaddr_);
    if (!mac)
        return std::nullopt;
    const bool endless = lease.valid_lft_ == isc::dhcp::Lease::INFINITY_LFT;
    return Binding{Ipv4{lease.addr_.toUint32()}, *mac,
                   endless ? never_expires
                           : static_cast<std::int64_t>(lease.cltt_) + lease.valid_lft_};
}

std::optional<Binding> live_binding(const Ipv4& address) {
    const auto lease = LeaseMgrFactory::instance().getLease4(IOAddress(address.number));
    return lease ? live_binding_of(*lease, std::time(nullptr)) : std::nullopt;
}

Ipv4 leased_address(const Mac& mac) {
    const isc::dhcp::HWAddr address({mac.bytes().begin(), mac.bytes().end()},
                                    isc::dhcp::HTYPE_ETHER);
    const std::int64_t now = std::time(nullptr);
    Binding newest;
    for (const auto& lease : LeaseMgrFactory::instance().getLease4(address))
        if (const auto binding = live_binding_of(*lease, now);
            binding && binding->expires > newest.expires)
            newest = *binding;
    return newest.address;
}

LiveBindings live_bindings(std::chrono::milliseconds within) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    const std::int64_t now = std::time(nullptr);
    LiveBindings all;
    try {
        const auto& manager = LeaseMgrFactory::instance();
        IOAddress last = IOAddress::IPV4_ZERO_ADDRESS();
        for (;;) {
            const auto page = manager.getLeases4(last, isc::dhcp::LeasePageSize(page_size));
            for (const auto& lease : page)
                if (const auto binding = live_binding_of(*lease, now))
                    all.found.push_back(*binding);
            if (page.size() < page_size)
                return all;
            last = page.back()->addr_;
            if (std::chrono::steady_clock::now() > deadline)
                break;
        }
        all.problem = "they took longer than " + std::to_string(within.count()) +
                      " ms; those up to " + last.toText() + " were read";
    } catch (const std::exception& error) {
        all.problem = error.what();
    }
    return all;
}

} // namespace plugtone
