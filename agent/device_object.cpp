#include "agent/device_object.hpp"

#include <algorithm>

#include "agent/bus_errors.hpp"

namespace plugtone {

namespace {

// Most that one History() call answers with.
constexpr std::uint32_t history_count_max = 1000;

} // namespace

std::string DeviceObject::path_of(const plugtone::Mac& mac) {
    return std::string(root_path) + "/device/" + mac.text();
}

DeviceObject::DeviceObject(sdbus::IConnection& connection, const plugtone::Mac& mac,
                           Operations& operations, DeviceStates& states, Journal& journal)
    : AdaptorInterfaces(connection, path_of(mac)), mac_(mac), operations_(operations),
      states_(states), journal_(journal), shown_(look()) {
    registerAdaptor();
    emitInterfacesAddedSignal();
}

DeviceObject::~DeviceObject() {
    if_there_is_a_bus([this] { emitInterfacesRemovedSignal(); });
    unregisterAdaptor();
}

Device DeviceObject::device() {
    auto found = operations_.inventory().device(mac_);
    if (!found)
        throw_bus_error({ErrorKind::not_found, "no device " + mac_.text()});
    return *std::move(found);
}

DeviceObject::Shown DeviceObject::look() {
    Shown shown;
    shown.state = states_.of(mac_);
    if (const auto found = operations_.inventory().device(mac_)) {
        const DeviceClass* device_class = operations_.class_of(*found);
        shown.label = found->label;
        shown.class_name = device_class == nullptr ? "" : device_class->name;
        shown.class_fixed = !found->class_name.empty();
    }
    return shown;
}

void DeviceObject::refresh() {
    const Shown now = look();
    std::vector<std::string> changed;
    const auto compare = [&](bool differs, const char* name) {
        if (differs)
            changed.emplace_back(name);
    };
    compare(now.label != shown_.label, "Label");
    compare(now.class_name != shown_.class_name, "Class");
    compare(now.class_fixed != shown_.class_fixed, "ClassFixed");
    compare(now.state.state != shown_.state.state, "State");
    compare(now.state.address != shown_.state.address, "Address");
    compare(now.state.last_seen != shown_.state.last_seen, "LastSeen");
    shown_ = now;
    if (!changed.empty())
        emitPropertiesChangedSignal(org::plugtone1::Device_adaptor::INTERFACE_NAME, changed);
}

std::string DeviceObject::Mac() {
    return mac_.text();
}

std::string DeviceObject::Label() {
    return shown_.label;
}

std::string DeviceObject::Class() {
    return shown_.class_name;
}

bool DeviceObject::ClassFixed() {
    return shown_.class_fixed;
}

std::string DeviceObject::State() {
    return std::string(state_name(shown_.state.state));
}

std::string DeviceObject::Address() {
    return shown_.state.address;
}

std::int64_t DeviceObject::LastSeen() {
    return shown_.state.last_seen;
}

void DeviceObject::Set(const std::map<std::string, std::string>& parameters) {
    answer([&] {
        const auto assignments = value_or_throw(assignments_of(parameters));
        done_or_throw(operations_.set_parameters(mac_, assignments));
    });
}

void DeviceObject::Unset(const std::vector<std::string>& names) {
    answer([&] {
        done_or_throw(operations_.unset_parameters(mac_, value_or_throw(names_of(names))));
    });
}

std::tuple<std::map<std::string, std::string>, std::map<std::string, std::string>>
DeviceObject::Parameters() {
    return answer([&] {
        const ParameterSet own = operations_.inventory().parameters(mac_);
        const DeviceClass* device_class = operations_.class_of(device());
        const ParameterSet composed =
            device_class == nullptr ? own
                                    : compose(operations_.inventory().site(), *device_class, own);
        return std::tuple(to_bus(own), to_bus(composed));
    });
}

std::string DeviceObject::Secret() {
    return answer([&] { return std::string(device().xml_password.reveal()); });
}

std::vector<sdbus::Struct<std::int64_t, std::string, BusFields>>
DeviceObject::History(const std::uint32_t& count_max) {
    return answer([&] {
        std::vector<sdbus::Struct<std::int64_t, std::string, BusFields>> events;
        const auto count = static_cast<int>(std::min(count_max, history_count_max));
        for (const JournalEntry& entry : journal_.of(mac_, count))
            events.emplace_back(entry.time, std::string(event_kind_name(entry.event.kind)),
                                to_bus(entry.event));
        return events;
    });
}

} // namespace plugtone
