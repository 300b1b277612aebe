#include "agent/enrolment_findings.hpp"

#include "core/base/duration.hpp"
#include "core/classes/known_parameters.hpp"

namespace plugtone {

namespace {

// To the minute: the seconds would only be a different text at each look.
std::string age_text(long long seconds) {
    const long long minutes = seconds / 60;
    return minutes < 120 ? std::to_string(minutes) + " minutes"
                         : std::to_string(minutes / 60) + " hours";
}

} // namespace

std::vector<Finding> enrolment_findings(Inventory& inventory, const ClassOf& class_of,
                                        long long shortest_s, long long now) {
    std::vector<Finding> findings;
    const auto add = [&](const Device& device, const DeviceClass& device_class, Severity severity,
                         std::string text) {
        findings.push_back(
            {severity, device_class.name, device.mac, known::xml_password, std::move(text)});
    };
    const std::set<Mac> imported = inventory.vendor_file_owners();
    for (const auto& [mac, window] : inventory.windows().open_ones()) {
        const long long age = now - window.opened;
        if (age <= shortest_s && !imported.contains(mac))
            continue;
        const auto device = inventory.device(mac);
        const DeviceClass* device_class = device ? class_of(*device) : nullptr;
        if (device_class == nullptr || device_class->bootstrap.rule != BootstrapRule::binary)
            continue;
        if (imported.contains(mac))
            add(*device, *device_class, Severity::note,
                "cannot come with the binary file, which was imported: enter it by hand");
        else if (age > device_class->bootstrap.window_s)
            add(*device, *device_class, Severity::warning,
                "the bootstrap window has been open for " + age_text(age) + " (" +
                    std::string(window_step_name(window.step)) + "), want " +
                    duration_text(device_class->bootstrap.window_s) +
                    " at most: let the device boot, or remove it");
    }
    for (const auto& [mac, rotation] : inventory.rotations().all()) {
        const auto device = inventory.device(mac);
        const DeviceClass* device_class = device ? class_of(*device) : nullptr;
        if (device_class != nullptr && now - rotation.started > device_class->bootstrap.window_s)
            add(*device, *device_class, Severity::warning,
                "a new one was made " + age_text(now - rotation.started) +
                    " ago, and the device has not taken it: let it fetch its file twice");
    }
    return findings;
}

} // namespace plugtone
