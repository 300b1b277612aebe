#include "agent/manager_object.hpp"

#include <set>

#include "agent/bus_errors.hpp"

namespace plugtone {

namespace {

std::uint64_t to_number(Generation generation) {
    return static_cast<std::uint64_t>(generation);
}

} // namespace

ManagerObject::ManagerObject(sdbus::IConnection& connection, Operations& operations,
                             DeviceStates& states, Journal& journal, KeaClient& kea,
                             std::function<std::uint64_t()> malformed_events)
    : AdaptorInterfaces(connection, root_path), connection_(connection), operations_(operations),
      states_(states), journal_(journal), kea_(kea),
      malformed_events_(std::move(malformed_events)) {
    registerAdaptor();
    sync_devices();
    sync_classes();
}

ManagerObject::~ManagerObject() {
    devices_.clear();
    classes_.clear();
    unregisterAdaptor();
}

void ManagerObject::sync_devices() {
    std::set<plugtone::Mac> present;
    for (const Device& device : operations_.inventory().devices()) {
        present.insert(device.mac);
        const auto found = devices_.find(device.mac);
        if (found != devices_.end())
            found->second->refresh();
        else // made first: one that cannot be shown leaves no empty place
            devices_.emplace(device.mac,
                             std::make_unique<DeviceObject>(connection_, device.mac, operations_,
                                                            states_, journal_));
    }
    std::erase_if(devices_, [&](const auto& entry) { return !present.contains(entry.first); });
}

void ManagerObject::sync_classes() {
    classes_.clear();
    for (const DeviceClass& device_class : operations_.classes().classes())
        classes_.push_back(std::make_unique<ClassObject>(connection_, device_class));
}

void ManagerObject::published(Generation generation, const std::string& what) {
    sync_devices();
    emitPublished(to_number(generation), what);
}

Done ManagerObject::reload() {
    if (auto done = operations_.reload_classes(); !done)
        return done;
    sync_classes();
    sync_devices(); // a class may have another name and the same files: nothing was published
    kea_.reload(KeaClient::Clock::now());
    return {};
}

void ManagerObject::happened(const std::vector<Event>& events, long long now) {
    for (const Event& event : events) {
        emitJournal(now, std::string(event_kind_name(event.kind)), to_bus(event));
        const auto mac = event_subject(event);
        if (const auto object = mac ? devices_.find(*mac) : devices_.end();
            object != devices_.end())
            object->second->refresh();
    }
}

std::map<std::string, sdbus::Variant> ManagerObject::Status() {
    return answer([&] {
        std::map<std::string, std::uint32_t> states;
        for (const auto& [mac, object] : devices_)
            ++states[std::string(state_name(states_.of(mac).state))];
        const auto generations = operations_.inventory().generations(1);
        const GenerationRecord last =
            generations.empty() ? GenerationRecord{} : generations.front();
        return std::map<std::string, sdbus::Variant>{
            {"generation", sdbus::Variant(to_number(operations_.live()))},
            {"published", sdbus::Variant(std::int64_t{last.made})},
            {"change", sdbus::Variant(last.what)},
            {"devices", sdbus::Variant(static_cast<std::uint32_t>(devices_.size()))},
            {"states", sdbus::Variant(states)},
            {"classes", sdbus::Variant(static_cast<std::uint32_t>(classes_.size()))},
            {"problems", sdbus::Variant(operations_.problems())},
            {"kea", sdbus::Variant(kea_.last_outcome())},
            {"malformed-events", sdbus::Variant(malformed_events_())}};
    });
}

sdbus::ObjectPath ManagerObject::AddDevice(const std::string& mac, const std::string& class_name,
                                           const std::string& label,
                                           const std::map<std::string, std::string>& parameters) {
    return answer([&] {
        const NewDevice device{value_or_throw(plugtone::Mac::parse(mac)), class_name, label,
                               value_or_throw(assignments_of(parameters))};
        done_or_throw(operations_.add_device(device));
        return sdbus::ObjectPath(DeviceObject::path_of(device.mac));
    });
}

void ManagerObject::RemoveDevice(const std::string& mac) {
    answer([&] {
        done_or_throw(operations_.remove_device(value_or_throw(plugtone::Mac::parse(mac))));
    });
}

std::map<std::string, sdbus::Struct<std::string, bool>> ManagerObject::Site() {
    return answer([&] {
        std::map<std::string, sdbus::Struct<std::string, bool>> parameters;
        for (const auto& [name, parameter] : operations_.inventory().site())
            parameters.emplace(name.text(), sdbus::Struct<std::string, bool>(parameter.value,
                                                                             parameter.is_public));
        return parameters;
    });
}

void ManagerObject::SetSite(const std::map<std::string, std::string>& parameters,
                            const bool& is_public) {
    answer([&] {
        done_or_throw(operations_.set_site(value_or_throw(assignments_of(parameters)), is_public));
    });
}

void ManagerObject::UnsetSite(const std::vector<std::string>& names) {
    answer([&] { done_or_throw(operations_.unset_site(value_or_throw(names_of(names)))); });
}

std::tuple<std::uint64_t, bool> ManagerObject::Publish() {
    return answer([&] {
        const Generation before = operations_.live();
        done_or_throw(reload());
        // Besides the classes: what somebody changed in the tree behind our back.
        const auto outcome = value_or_throw(operations_.publish("publish"));
        return std::tuple(to_number(outcome.generation), outcome.generation != before);
    });
}

std::tuple<std::uint64_t, std::string> ManagerObject::Undo() {
    return answer([&] {
        const std::string change = value_or_throw(operations_.undo());
        return std::tuple(to_number(operations_.live()), change);
    });
}

} // namespace plugtone
