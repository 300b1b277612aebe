#include "kea-hook/settings.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "kea-hook/messages.hpp"

namespace plugtone {

namespace {

using isc::data::ConstElementPtr;
using isc::data::Element;

constexpr std::array<const char*, 6> known = {"classes",  "server", "events",
                                              "bindings", "site",   "offers"};
constexpr const char* all_others = "*";

void refuse_parameter(const std::string& name, const std::string& why) {
    LOG_ERROR(hook_logger, message_parameter_bad).arg(name).arg(why);
}

void read_text(const ConstElementPtr& parameters, const std::string& name, std::string& into) {
    const ConstElementPtr value = parameters->get(name);
    if (!value)
        return;
    if (value->getType() == Element::string)
        into = value->stringValue();
    else
        refuse_parameter(name, "want a string, got " + value->str());
}

void read_folders(const ConstElementPtr& parameters, std::vector<std::string>& into) {
    const ConstElementPtr value = parameters->get("classes");
    if (!value)
        return;
    std::vector<std::string> folders;
    if (value->getType() == Element::list)
        for (const auto& folder : value->listValue())
            if (folder->getType() == Element::string)
                folders.push_back(folder->stringValue());
    if (value->getType() == Element::list && folders.size() == value->size())
        into = folders;
    else
        refuse_parameter("classes", "want a list of folders, got " + value->str());
}

bool is_server(const ConstElementPtr& value) {
    return value->getType() == Element::string &&
           (value->stringValue() == "auto" || Ipv4::parse(value->stringValue()));
}

// "auto", an address, or {"10.1.0.0/16": "10.1.0.1", "*": "auto"}.
void read_servers(const ConstElementPtr& parameters, HookSettings& settings) {
    const ConstElementPtr value = parameters->get("server");
    if (!value)
        return;
    if (value->getType() != Element::map) {
        if (is_server(value))
            settings.server = value->stringValue();
        else
            refuse_parameter("server", "want \"auto\", an IPv4 address or a map of networks to "
                                       "those, got " +
                                           printable(value->str()));
        return;
    }
    for (const auto& [name, server] : value->mapValue()) {
        const auto network = Network::parse(name);
        if (!is_server(server))
            refuse_parameter("server", "for " + printable(name) +
                                           ": want \"auto\" or an IPv4 address, got " +
                                           printable(server->str()));
        else if (name == all_others)
            settings.server = server->stringValue();
        else if (network)
            settings.servers.emplace_back(*network, server->stringValue());
        else
            refuse_parameter("server", network.error().message);
    }
    std::sort(settings.servers.begin(), settings.servers.end(),
              [](const auto& a, const auto& b) { return a.first.bits > b.first.bits; });
}

} // namespace

std::string HookSettings::server_for(const Ipv4& client) const {
    const auto found = std::find_if(servers.begin(), servers.end(),
                                    [&](const auto& one) { return one.first.holds(client); });
    const std::string& chosen = found == servers.end() ? server : found->second;
    return chosen == "auto" ? "" : chosen;
}

HookSettings read_hook_settings(const ConstElementPtr& parameters) {
    HookSettings settings;
    if (!parameters || parameters->getType() != Element::map)
        return settings;
    for (const auto& [name, value] : parameters->mapValue())
        if (std::find(known.begin(), known.end(), name) == known.end())
            refuse_parameter(
                name, "unknown; known are classes, server, events, bindings, site and offers");
    read_folders(parameters, settings.classes);
    read_servers(parameters, settings);
    read_text(parameters, "site", settings.site);
    read_text(parameters, "offers", settings.offers);
    read_text(parameters, "events", settings.report.events);
    read_text(parameters, "bindings", settings.report.bindings);
    return settings;
}

} // namespace plugtone
