// The hook's state between load() and unload(): the class table, swapped whole by plugtone-reload,
// and the reporter. Packet threads read it concurrently; nothing they touch is ever changed in
// place.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <cc/data.h>
#include <dhcp/pkt4.h>
#include <dhcpsrv/lease.h>

#include "core/classes/class_table.hpp"
#include "kea-hook/reporter.hpp"

namespace plugtone {

struct HookSettings {
    std::vector<std::string> classes = {"/usr/share/plugtone/classes.d", "/etc/plugtone/classes.d"};
    std::string server = "auto";
    std::string site;
    Reporter::Settings report = {"/run/plugtone/bindings", "/run/plugtone/events.sock"};
};

// Whatever cannot be used is logged and left at its default: a hook that refuses to load takes the
// whole server down.
HookSettings read_hook_settings(const isc::data::ConstElementPtr& parameters);

class Hook {
public:
    explicit Hook(HookSettings settings);

    // Packet threads.
    void answer(isc::dhcp::Pkt4& query, isc::dhcp::Pkt4& response);
    void leased(isc::dhcp::Pkt4& query, const isc::dhcp::Lease4& lease);
    void released(const isc::dhcp::Lease4& lease, const char* reason);

    // Kea's commands, any thread. The answer to send.
    isc::data::ConstElementPtr reload();
    isc::data::ConstElementPtr status() const;

private:
    const HookSettings settings_;
    std::atomic<std::shared_ptr<const LoadedClasses>> loaded_;
    std::atomic<std::uint64_t> table_version_{1};
    std::atomic<std::uint64_t> answers_{0};
    Reporter reporter_;
};

} // namespace plugtone
