#include "agent/bus_rules.hpp"

#include <algorithm>
#include <array>

#include "agent/csv/csv_table.hpp"
#include "core/formats/gs_binary.hpp"

namespace plugtone {

namespace {

constexpr std::string_view manager = "org.plugtone1.Manager";
constexpr std::string_view device = "org.plugtone1.Device";
constexpr std::string_view device_class = "org.plugtone1.DeviceClass";
constexpr std::string_view job = "org.plugtone1.Job";
constexpr std::string_view enrolment = "org.plugtone1.Enrolment";
constexpr std::string_view firmware = "org.plugtone1.Firmware";
constexpr std::string_view rollout = "org.plugtone1.Rollout";
constexpr std::string_view properties = "org.freedesktop.DBus.Properties";

// Arguments of usual size.
constexpr std::size_t size_max = CallRule{}.size_max;
// Many settings at once, as templates have them.
constexpr std::size_t settings_size_max = std::size_t{1} << 20;

using enum Action;

constexpr auto rules_of_root = std::to_array<CallRule>({
    {manager, "Status", read},
    {manager, "AddDevice", manage, false, settings_size_max},
    {manager, "RemoveDevice", manage},
    {manager, "Devices", read, false, size_max, true},
    {manager, "ImportDevices", manage, false, csv_size_max},
    {manager, "Site", read, true},
    {manager, "SetSite", manage, false, settings_size_max},
    {manager, "UnsetSite", manage},
    {manager, "Redirects", read},
    {manager, "AddRedirect", manage},
    {manager, "RemoveRedirect", manage},
    {manager, "Explain", read},
    {manager, "Health", read},
    {manager, "Resync", manage},
    {manager, "ResyncReport", read},
    {manager, "Dictionary", read},
    {manager, "Lint", read},
    {manager, "Preview", read},
    {manager, "Publish", manage},
    {manager, "Undo", manage},
    {manager, "ImportFirmware", manage},
    {manager, "FirmwarePins", read},
    {manager, "UnpinFirmware", manage},
    {manager, "StartRollout", manage},

    {enrolment, "UnknownDevices", read},
    {enrolment, "AdoptDevice", manage, false, settings_size_max},
    {enrolment, "IssuePin", manage, false, settings_size_max},
    {enrolment, "Pins", read},
    {enrolment, "RedeemPin", enrol},
    {enrolment, "RevokePin", manage},
    {enrolment, "Rebootstrap", manage},
    {enrolment, "Windows", read},
    {enrolment, "RotatePasswords", manage},
});

constexpr auto rules_of_objects = std::to_array<CallRule>({
    {device, "Set", manage, false, settings_size_max},
    {device, "Unset", manage},
    {device, "Parameters", read, true},
    {device, "ImportLegacy", manage, false, gs_binary_size_max + 1},
    {device, "ForgetLegacy", manage},
    {device, "Secret", secrets},
    {device, "History", read},

    {device_class, "Parameters", read, true},
    {device_class, "Set", manage, false, settings_size_max},
    {device_class, "Unset", manage},

    {job, "Cancel", manage, false, size_max, true},

    {firmware, "Pin", manage},
    {firmware, "Remove", manage},

    {rollout, "Members", read},
    {rollout, "Pause", manage},
    {rollout, "Resume", manage},
    {rollout, "Abort", manage},
});

constexpr auto rules_of_the_bus = std::to_array<CallRule>({
    // The names of objects are MAC addresses: whoever lists them reads.
    {properties, "Get", read, false, size_max, true},
    {properties, "GetAll", read, false, size_max, true},
    {properties, "Set", manage},
    {"org.freedesktop.DBus.ObjectManager", "GetManagedObjects", read, false, size_max, true},
    {"org.freedesktop.DBus.Introspectable", "Introspect", read, false, size_max, true},
    {"org.freedesktop.DBus.Peer", "Ping", std::nullopt},
    {"org.freedesktop.DBus.Peer", "GetMachineId", std::nullopt},
});

} // namespace

std::string_view action_id(Action action) {
    switch (action) {
    case Action::read:
        return "org.plugtone1.read";
    case Action::manage:
        return "org.plugtone1.manage";
    case Action::secrets:
        return "org.plugtone1.secrets";
    case Action::enrol:
        return "org.plugtone1.enrol";
    }
    return "";
}

std::string_view action_text(Action action) {
    switch (action) {
    case Action::read:
        return "see what the phones are set to and what they did";
    case Action::manage:
        return "change the phones' configuration";
    case Action::secrets:
        return "see the phones' secrets";
    case Action::enrol:
        return "enrol phones";
    }
    return "";
}

const std::vector<CallRule>& call_rules() {
    static const std::vector<CallRule> all = [] {
        std::vector<CallRule> rules;
        const auto add = [&](const auto& some) {
            rules.insert(rules.end(), some.begin(), some.end());
        };
        add(rules_of_root);
        add(rules_of_objects);
        add(rules_of_the_bus);
        return rules;
    }();
    return all;
}

const CallRule* rule_of(std::string_view interface, std::string_view method) {
    const std::vector<CallRule>& rules = call_rules();
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const CallRule& rule) {
        return rule.method == method && rule.interface == interface;
    });
    return found == rules.end() ? nullptr : &*found;
}

} // namespace plugtone
