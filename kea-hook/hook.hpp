// The hook's state between load() and unload(): the class table, swapped whole by plugtone-reload,
// and the reporter. Packet threads read it concurrently; nothing they touch is ever changed in
// place.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <cc/data.h>
#include <dhcp/pkt4.h>
#include <dhcpsrv/lease.h>

#include "core/classes/class_table.hpp"
#include "core/contracts/offer_overrides.hpp"
#include "kea-hook/offer.hpp"
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
    void answer(isc::dhcp::Pkt4& query, isc::dhcp::Pkt4& response);
    void leased(isc::dhcp::Pkt4& query, const isc::dhcp::Lease4& lease);
    void released(const isc::dhcp::Lease4& lease, const char* reason);
    void refused(isc::dhcp::Pkt4& query);

    // Once Kea has its configuration, the "Dhcp4" map, and before it takes packets.
    void configured(const isc::data::ConstElementPtr& config);

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
    void tell_of(isc::dhcp::Pkt4& query, const isc::dhcp::Pkt4& response, const Identity& identity,
                 const std::string& class_name, const Offer& offer,
                 const std::vector<std::uint8_t>& added, const std::set<std::uint8_t>& asked);
    void rebuild_bindings(const isc::data::ConstElementPtr& config);

    const HookSettings settings_;
    std::atomic<std::shared_ptr<const Knowledge>> knowledge_;
    std::atomic<std::shared_ptr<const isc::data::ConstElementPtr>> config_;
    std::atomic<std::uint64_t> table_version_{1};
    std::atomic<std::uint64_t> answers_{0};
    std::atomic<std::uint32_t> last_server_{0}; // what "auto" was for the last packet; 0: none yet
    mutable std::mutex last_refusal_mutex_;     // commands only
    std::string last_refusal_;
    Reporter reporter_;
};

} // namespace plugtone
