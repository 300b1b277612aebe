// The hook's state between load() and unload(): the class table, swapped whole by plugtone-reload,
// and the reporter. Packet threads read it concurrently; nothing they touch is ever changed in
// place.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <cc/data.h>
#include <dhcp/pkt4.h>
#include <dhcpsrv/lease.h>

#include "core/classes/class_table.hpp"
#include "core/contracts/offer_overrides.hpp"
#include "kea-hook/offer.hpp"
#include "kea-hook/own_addresses.hpp"
#include "kea-hook/packet.hpp"
#include "kea-hook/reporter.hpp"
#include "kea-hook/settings.hpp"

namespace plugtone {

// What the hook goes by: replaced whole, never changed.
struct Knowledge {
    LoadedClasses classes;
    OverrideTable overrides;
    std::vector<std::string> problems; // FILE:LINE: reason
};

class Hook {
public:
    explicit Hook(HookSettings settings);

    // Packet threads.
    // An OFFER or an ACK is about to go out. is_packed: too late to add options to it.
    void answered(isc::dhcp::Pkt4& query, isc::dhcp::Pkt4& response, bool is_packed);
    void released(const isc::dhcp::Lease4& lease, const char* reason);
    void refused(isc::dhcp::Pkt4& query);

    // Once Kea has its configuration, the "Dhcp4" map, and before it takes packets.
    void configured(const isc::data::ConstElementPtr& config);

    // A command was carried out, ours or another's: leases that came or went by it. Any thread that
    // Kea takes commands in.
    void commanded(const std::string& command, const isc::data::ConstElementPtr& arguments,
                   const isc::data::ConstElementPtr& response);

    // Kea's commands, any thread. The answer to send.
    isc::data::ConstElementPtr reload();
    isc::data::ConstElementPtr status() const;
    isc::data::ConstElementPtr explain(const isc::data::ConstElementPtr& arguments) const;

private:
    // What a device is offered, and by which class; no class: nothing.
    struct Choice {
        const DeviceClass* device_class = nullptr;
        std::string url; // in place of the class's
        bool is_redirected = false;
    };
    static Choice choose(const Knowledge& knowledge, const Identity& identity);
    Knowledge learn() const;
    void offer_options(isc::dhcp::Pkt4& query, isc::dhcp::Pkt4& response, const Identity& identity,
                       const Choice& choice);
    void tell_of(isc::dhcp::Pkt4& query, const isc::dhcp::Pkt4& response, const Identity& identity,
                 const std::string& class_name, const Offer& offer,
                 const std::vector<std::uint8_t>& added, const CodeSet& asked);
    void settle(const Binding& doubt);
    void ended(const Binding& binding, const char* reason);
    void rebuild_bindings(Others others);
    // {server} for a client that has sent nothing now, and where that is from.
    std::pair<std::string, std::string> server_without_packet(const Ipv4& client) const;

    const HookSettings settings_;
    std::atomic<std::shared_ptr<const Knowledge>> knowledge_;
    std::atomic<std::shared_ptr<const isc::data::ConstElementPtr>> config_;
    std::atomic<std::uint64_t> table_version_{1};
    std::atomic<std::uint64_t> answers_{0};
    OwnAddresses own_addresses_;            // what "auto" was
    mutable std::mutex last_refusal_mutex_; // commands only
    std::string last_refusal_;
    std::mutex pair_mutex_; // commands only
    std::string state_in_pair_;
    Reporter reporter_;
};

} // namespace plugtone
