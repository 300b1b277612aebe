#include "agent/enrolment.hpp"

#include <algorithm>

#include "core/classes/known_parameters.hpp"
#include "core/contracts/probe.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {

namespace {

tl::unexpected<Error> no_device(const Mac& mac) {
    return fail(ErrorKind::not_found,
                "no device " + mac.text() + "; 'plugtonectl device list' shows all");
}

std::string value_in(const Composition& composed, const ParameterName& name) {
    const auto found = composed.find(name);
    return found == composed.end() ? "" : found->second.value;
}

} // namespace

std::vector<Enrolment::Waiting> Enrolment::unknown() {
    std::vector<Waiting> all;
    for (const auto& [mac, seen] : unknown_.all()) {
        if (inventory().has(mac) || mac.text() == probe_mac)
            continue; // added since it was seen
        const DeviceState state = states_.of(mac);
        const DeviceClass* device_class = pipeline().classes().match(state.identity(mac));
        all.push_back({mac, device_class == nullptr ? "" : device_class->name, state, seen});
    }
    std::stable_sort(all.begin(), all.end(), [](const Waiting& a, const Waiting& b) {
        return a.seen.first_seen < b.seen.first_seen;
    });
    return all;
}

Result<Notes> Enrolment::adopt(const NewDevice& wanted) {
    if (!unknown_.all().contains(wanted.mac) && !inventory().has(wanted.mac))
        return fail(ErrorKind::not_found,
                    wanted.mac.text() + " has not been seen; 'plugtonectl device list --unknown' "
                                        "shows who has, 'plugtonectl device add' adds any");
    return operations_.add_device(wanted);
}

Result<EnrolmentPins::Issued> Enrolment::issue_pin(const std::string& label,
                                                   const std::string& class_name,
                                                   const TypedSettings& settings,
                                                   long long valid_s) {
    if (auto good = check_label(label); !good)
        return tl::unexpected(good.error());
    if (auto good = check_class(pipeline(), class_name); !good)
        return tl::unexpected(good.error());
    const DeviceClass* device_class = pipeline().classes().find(class_name);
    // Of a class that is yet to be recognised, the rest is checked when it is known.
    const auto checked = check_settings(settings, pipeline().dictionary(),
                                        device_class == nullptr ? "" : device_class->family);
    if (!checked)
        return tl::unexpected(checked.error());
    return pins_.issue(label, class_name, settings, valid_s, clock_());
}

Result<Enrolment::Redeemed> Enrolment::redeem_pin(std::string_view pin, const Mac& mac) {
    auto found = pins_.look_up(pin, mac, clock_());
    if (!found)
        return tl::unexpected(found.error());
    const PinRecord& record = found->record;
    const NewDevice wanted{mac, record.class_name, record.label, found->settings};
    auto notes = operations_.add_device(
        wanted, {" by PIN " + record.id(), [&] { pins_.redeem(record, mac); }});
    if (!notes)
        return tl::unexpected(notes.error());
    const auto device = inventory().device(mac);
    const DeviceClass* device_class = device ? pipeline().class_of(*device) : nullptr;
    return Redeemed{record, device_class == nullptr ? "" : device_class->name, *std::move(notes)};
}

Result<PinRecord> Enrolment::revoke_pin(std::string_view pin_or_id) {
    return pins_.revoke(pin_or_id, clock_());
}

// Of the appliances of one site, only one has the device before it.
Done Enrolment::check_served_here(const Mac& mac) {
    if (pipeline().shared() == nullptr || states_.of(mac).last_seen != 0)
        return {};
    return fail(ErrorKind::refused, "device " + mac.text() +
                                        " has not been seen here: do it on the appliance that "
                                        "serves it");
}

Done Enrolment::rebootstrap(const Mac& mac) {
    const auto device = inventory().device(mac);
    if (!device)
        return no_device(mac);
    if (auto here = check_served_here(mac); !here)
        return here;
    const DeviceClass* device_class = pipeline().class_of(*device);
    if (device_class == nullptr || device_class->bootstrap.rule != BootstrapRule::binary)
        return fail(ErrorKind::refused, "device " + mac.text() +
                                            ": its class has no bootstrap window (<bootstrap "
                                            "rule=\"binary\"/>); 'plugtonectl device secret' "
                                            "shows its XML password");
    if (inventory().vendor_file(mac))
        return fail(ErrorKind::refused, "device " + mac.text() +
                                            ": its binary file was imported, and cannot bring it "
                                            "its XML password ('plugtonectl device import-legacy "
                                            "--forget')");
    const auto opened =
        pipeline().carry_on("device rebootstrap " + mac.text(), Scope::of(mac), [&](Generation) {
            inventory().windows().open(mac, clock_());
            return Done{};
        });
    return opened ? Done{} : tl::unexpected(opened.error());
}

Result<Rotation> Enrolment::rotation_for(const Device& device) {
    if (auto here = check_served_here(device.mac); !here)
        return tl::unexpected(here.error());
    const DeviceClass* device_class = pipeline().class_of(device);
    if (device_class == nullptr || !device_class->formats.encrypted)
        return fail(ErrorKind::refused,
                    "device " + device.mac.text() + ": its class does not seal its files");
    if (inventory().rotations().of(device.mac))
        return fail(ErrorKind::conflict, "device " + device.mac.text() +
                                             " has not taken the last new password yet: let it "
                                             "fetch its file");
    const Composition composed = pipeline().composition_of(device);
    Rotation rotation;
    rotation.prefix = value_in(composed, known::config_prefix);
    rotation.postfix = inventory().rotations().fresh_postfix(
        device.mac, value_in(composed, known::config_postfix));
    rotation.started = clock_();
    const auto shelf = Shelf::make(rotation.prefix, rotation.postfix);
    if (!shelf || rotation.postfix.size() > prefix_size_max)
        return fail(ErrorKind::refused, "device " + device.mac.text() + ": P235 would be '" +
                                            rotation.postfix +
                                            "', by which the device proves the new password, and "
                                            "is too long");
    auto password = generate_xml_password();
    if (!password)
        return tl::unexpected(password.error());
    rotation.password = *std::move(password);
    return rotation;
}

Result<Enrolment::Rotated> Enrolment::rotate_passwords(const std::vector<Mac>& macs) {
    std::vector<Device> devices;
    for (const Mac& mac : macs) {
        auto device = inventory().device(mac);
        if (!device)
            return no_device(mac);
        devices.push_back(*std::move(device));
    }
    if (macs.empty())
        devices = inventory().devices();
    Rotated rotated;
    std::vector<Rotation> rotations;
    Scope scope;
    for (const Device& device : devices) {
        auto rotation = rotation_for(device);
        if (!rotation && !macs.empty())
            return tl::unexpected(rotation.error());
        if (!rotation) {
            rotated.notes.push_back(rotation.error().message);
            continue;
        }
        rotated.begun.push_back(device.mac);
        rotations.push_back(*std::move(rotation));
        scope.devices.insert(device.mac);
    }
    if (rotated.begun.empty())
        return rotated;
    const std::string more = rotated.begun.size() == 1
                                 ? ""
                                 : " and " + std::to_string(rotated.begun.size() - 1) + " more";
    const auto done = pipeline().carry_on(
        "device secret --rotate " + rotated.begun.front().text() + more, scope, [&](Generation) {
            for (std::size_t at = 0; at < rotations.size(); ++at)
                inventory().rotations().begin(rotated.begun[at], rotations[at]);
            return Done{};
        });
    return done ? Result<Rotated>(std::move(rotated)) : tl::unexpected(done.error());
}

} // namespace plugtone
