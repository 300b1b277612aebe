#include "agent/device_object.hpp"

#include <algorithm>

#include "agent/bus_errors.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

// Most that one History() call answers with.
constexpr std::uint32_t history_count_max = 1000;

} // namespace

sdbus::ObjectPath DeviceObject::path_of(const plugtone::Mac& mac) {
    return sdbus::ObjectPath(std::string(root_path) + "/device/" + mac.text());
}

DeviceObject::DeviceObject(sdbus::IConnection& connection, const Device& device,
                           Operations& operations, DeviceStates& states, Journal& journal)
    : AdaptorInterfaces(connection, path_of(device.mac)), mac_(device.mac), operations_(operations),
      states_(states), journal_(journal), shown_(look(device.class_name, device.label)) {
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

DeviceObject::Shown DeviceObject::look(const std::string& fixed_class, const std::string& label) {
    const DeviceClass* device_class =
        operations_.pipeline().class_of({mac_, fixed_class, label, plugtone::Secret()});
    return {label, device_class == nullptr ? "" : device_class->name, fixed_class,
            states_.of(mac_)};
}

void DeviceObject::refresh(const Device& device) {
    show(look(device.class_name, device.label));
}

bool DeviceObject::refresh_state() {
    const Journey before = shown_.state.journey;
    show(look(shown_.fixed_class, shown_.label));
    const Journey& now = shown_.state.journey;
    return now.state != before.state || now.is_stuck() != before.is_stuck();
}

void DeviceObject::show(const Shown& now) {
    std::vector<bus::PropertyName> changed;
    const auto compare = [&](bool differs, const char* name) {
        if (differs)
            changed.emplace_back(name);
    };
    compare(now.label != shown_.label, "Label");
    compare(now.class_name != shown_.class_name, "Class");
    compare(now.fixed_class.empty() != shown_.fixed_class.empty(), "ClassFixed");
    const Journey& journey = now.state.journey;
    const Journey& before = shown_.state.journey;
    compare(journey.state != before.state, "State");
    compare(journey.since != before.since, "StateSince");
    compare(journey.is_stuck() != before.is_stuck(), "Stuck");
    compare(journey.why != before.why, "Why");
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
    return !shown_.fixed_class.empty();
}

std::string DeviceObject::Url() {
    return answer([&] { return operations_.inventory().overrides().url_of(mac_); });
}

std::string DeviceObject::State() {
    return std::string(state_name(shown_.state.journey.state));
}

std::int64_t DeviceObject::StateSince() {
    return shown_.state.journey.since;
}

bool DeviceObject::Stuck() {
    return shown_.state.journey.is_stuck();
}

std::string DeviceObject::Why() {
    return shown_.state.journey.why;
}

std::string DeviceObject::Address() {
    return shown_.state.address;
}

std::int64_t DeviceObject::LastSeen() {
    return shown_.state.last_seen;
}

std::vector<std::string>
DeviceObject::Set(const std::map<std::string, std::string>& parameters,
                  const std::map<std::string, sdbus::Variant>& properties) {
    return answer([&] {
        DeviceChange change{{}, {}, parameters};
        const std::map<std::string, std::optional<std::string>*> known = {
            {"Class", &change.class_name}, {"Label", &change.label}, {"Url", &change.url}};
        for (const auto& [name, value] : properties) {
            const auto place = known.find(name);
            if (place == known.end() || bus::type_of(value) != "s")
                throw_bus_error({ErrorKind::invalid,
                                 "properties: want Class, Label or Url, a text each, got '" +
                                     printable(name) + "'"});
            *place->second = value.get<std::string>();
        }
        return value_or_throw(operations_.change_device(mac_, change));
    });
}

void DeviceObject::Unset(const std::vector<std::string>& names) {
    answer([&] { done_or_throw(operations_.unset_parameters(mac_, names)); });
}

std::tuple<std::vector<BusComposed>, bool> DeviceObject::Parameters(const bool& reveal) {
    return answer([&] {
        const Device known = device();
        const Dictionary& dictionary = operations_.pipeline().dictionary();
        const DeviceClass* device_class = operations_.pipeline().class_of(known);
        const std::string family = device_class == nullptr ? "" : device_class->family;
        std::vector<BusComposed> rows;
        for (const auto& [number, composed] : operations_.pipeline().composition_of(known)) {
            const ParameterDefinition* definition = dictionary.find(number);
            const ParameterForm* form =
                definition == nullptr ? nullptr : definition->form_for(family);
            const bool secret = dictionary.is_secret(number);
            const bool hides = secret && !reveal;
            BusFields overridden;
            for (const LayerValue& below : composed.overridden)
                overridden.emplace_back(std::string(layer_name(below.layer)),
                                        hides ? "" : below.value);
            rows.emplace_back(
                number.text(), definition == nullptr ? "" : definition->name,
                std::string(layer_name(composed.layer)), secret, hides ? "" : composed.value,
                form == nullptr ? "" : std::string(meaning_of(form->type, composed.value)),
                std::move(overridden));
        }
        return std::tuple(rows, operations_.inventory().vendor_file(mac_).has_value());
    });
}

void DeviceObject::ImportLegacy(const std::vector<std::uint8_t>& content) {
    answer([&] { done_or_throw(operations_.import_vendor_file(mac_, content)); });
}

void DeviceObject::ForgetLegacy() {
    answer([&] { done_or_throw(operations_.forget_vendor_file(mac_)); });
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
