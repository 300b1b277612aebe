// Which address of ours the clients of a network reach, learnt from the packets that came by: for
// "server": "auto" when there is no packet to go by (plugtone-explain). Any thread; takes no lock.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "core/base/ipv4.hpp"

namespace plugtone {

class OwnAddresses {
public:
    void note(const Ipv4& client, const Ipv4& own) noexcept {
        const std::uint64_t seen = (std::uint64_t{network_of(client)} << 32U) | own.number;
        std::atomic<std::uint64_t>& slot = slots_.at(network_of(client) % slots_.size());
        // Seldom another: to write would take the line away from the other packet threads.
        if (slot.load(std::memory_order_relaxed) != seen)
            slot.store(seen, std::memory_order_relaxed);
        if (last_.load(std::memory_order_relaxed) != own.number)
            last_.store(own.number, std::memory_order_relaxed);
    }

    // For clients beside that one; nothing: none of them was seen, or others have taken its place.
    std::optional<Ipv4> of(const Ipv4& client) const noexcept {
        const std::uint64_t seen = slots_.at(network_of(client) % slots_.size());
        if (seen == 0 || seen >> 32U != network_of(client))
            return std::nullopt;
        return Ipv4{static_cast<std::uint32_t>(seen)};
    }

    // For the last client of all.
    std::optional<Ipv4> last() const noexcept {
        const std::uint32_t seen = last_;
        return seen == 0 ? std::nullopt : std::optional(Ipv4{seen});
    }

private:
    static constexpr unsigned host_bits = 8; // networks within a /24 are one here
    static constexpr std::size_t networks_max = 1024;

    static std::uint32_t network_of(const Ipv4& client) { return client.number >> host_bits; }

    std::array<std::atomic<std::uint64_t>, networks_max> slots_{};
    std::atomic<std::uint32_t> last_{0};
};

// Of our interfaces' addresses, the one in whose network the client is. Asks the kernel.
std::optional<Ipv4> own_address_beside(const Ipv4& client);

} // namespace plugtone
