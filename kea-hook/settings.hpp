// The hook's parameters in Kea's configuration (docs/kea-hook.md).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <cc/data.h>

#include "core/base/network.hpp"
#include "kea-hook/reporter.hpp"

namespace plugtone {

struct HookSettings {
    std::vector<std::string> classes = {"/usr/share/plugtone/classes.d", "/etc/plugtone/classes.d"};
    // Addresses of ours by the client's network, the smallest network first.
    std::vector<std::pair<Network, std::string>> servers;
    std::string server = "auto"; // for all others
    std::string site;
    std::string offers = "/srv/plugtone/config/.offers";
    Reporter::Settings report = {"/run/plugtone/bindings", "/run/plugtone/events.sock"};

    // Empty: the address that the packet came in on.
    std::string server_for(const Ipv4& client) const;
};

// Whatever cannot be used is logged and left at its default: a hook that refuses to load takes the
// whole server down.
HookSettings read_hook_settings(const isc::data::ConstElementPtr& parameters);

} // namespace plugtone
