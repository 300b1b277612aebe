#include "agent/device_object.hpp"

#include <algorithm>

#include "agent/bus_errors.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

// Most that one History() call answers with.
constexpr std::uint32_t history_count_max = 1000;

} // namespace

DeviceObject::DeviceObject(const Home& home, const Mac& mac, Known known)
    : home_(&home), mac_(mac), shown_(look(known)) {}

Device DeviceObject::device() {
    auto found = home_->operations.inventory().device(mac_);
    if (!found)
        throw_bus_error({ErrorKind::not_found, "no device " + mac_.text()});
    return *std::move(found);
}

DeviceObject::Shown DeviceObject::look(const Known& known) {
    const DeviceClass* device_class =
        home_->operations.pipeline().class_of({mac_, known.fixed_class, known.label, Secret()});
    return {known, device_class == nullptr ? "" : device_class->name, home_->states.of(mac_)};
}

DeviceObject::Names DeviceObject::refresh(const Known& known) {
    return show(look(known));
}

DeviceObject::Moved DeviceObject::refresh_state() {
    const Journey before = shown_.state.journey;
    Names names = show(look(shown_.known));
    const Journey& now = shown_.state.journey;
    return {std::move(names), now.state != before.state || now.is_stuck() != before.is_stuck()};
}

DeviceObject::Names DeviceObject::show(Shown now) {
    Names changed;
    const auto compare = [&](bool differs, const char* name) {
        if (differs)
            changed.push_back(name);
    };
    compare(now.known.label != shown_.known.label, "Label");
    compare(now.class_name != shown_.class_name, "Class");
    compare(now.known.fixed_class.empty() != shown_.known.fixed_class.empty(), "ClassFixed");
    compare(now.known.url != shown_.known.url, "Url");
    const Journey& journey = now.state.journey;
    const Journey& before = shown_.state.journey;
    compare(journey.state != before.state, "State");
    compare(journey.since != before.since, "StateSince");
    compare(journey.is_stuck() != before.is_stuck(), "Stuck");
    compare(journey.why != before.why, "Why");
    compare(now.state.address != shown_.state.address, "Address");
    compare(now.state.last_seen != shown_.state.last_seen, "LastSeen");
    shown_ = std::move(now);
    return changed;
}

std::vector<std::string>
DeviceObject::set(const std::map<std::string, std::string>& parameters,
                  const std::map<std::string, sdbus::Variant>& properties) {
    DeviceChange change{{}, {}, parameters};
    const std::map<std::string, std::optional<std::string>*> known = {
        {"Class", &change.class_name}, {"Label", &change.label}, {"Url", &change.url}};
    for (const auto& [name, value] : properties) {
        const auto place = known.find(name);
        if (place == known.end() || bus::type_of(value) != "s")
            throw_bus_error(
                {ErrorKind::invalid, "properties: want Class, Label or Url, a text each, got '" +
                                         printable(name) + "'"});
        *place->second = value.get<std::string>();
    }
    return value_or_throw(home_->operations.change_device(mac_, change));
}

void DeviceObject::unset(const std::vector<std::string>& names) {
    done_or_throw(home_->operations.unset_parameters(mac_, names));
}

std::tuple<std::vector<BusComposed>, bool> DeviceObject::parameters(const bool& reveal) {
    const Device known = device();
    Pipeline& pipeline = home_->operations.pipeline();
    const Dictionary& dictionary = pipeline.dictionary();
    const DeviceClass* device_class = pipeline.class_of(known);
    const std::string family = device_class == nullptr ? "" : device_class->family;
    std::vector<BusComposed> rows;
    for (const auto& [number, composed] : pipeline.composition_of(known)) {
        const ParameterDefinition* definition = dictionary.find(number);
        const ParameterForm* form = definition == nullptr ? nullptr : definition->form_for(family);
        const bool secret = dictionary.is_secret(number);
        const bool hides = secret && !reveal;
        BusFields overridden;
        for (const LayerValue& below : composed.overridden)
            overridden.emplace_back(std::string(layer_name(below.layer)), hides ? "" : below.value);
        rows.emplace_back(
            number.text(), definition == nullptr ? "" : definition->name,
            std::string(layer_name(composed.layer)), secret, hides ? "" : composed.value,
            form == nullptr ? "" : std::string(meaning_of(form->type, composed.value)),
            std::move(overridden));
    }
    return std::tuple(rows, pipeline.inventory().vendor_file(mac_).has_value());
}

void DeviceObject::import_legacy(const std::vector<std::uint8_t>& content) {
    done_or_throw(home_->operations.import_vendor_file(mac_, content));
}

void DeviceObject::forget_legacy() {
    done_or_throw(home_->operations.forget_vendor_file(mac_));
}

std::string DeviceObject::secret() {
    return std::string(device().xml_password.reveal());
}

std::vector<sdbus::Struct<std::int64_t, std::string, BusFields>>
DeviceObject::history(const std::uint32_t& count_max) {
    std::vector<sdbus::Struct<std::int64_t, std::string, BusFields>> events;
    const auto count = static_cast<int>(std::min(count_max, history_count_max));
    for (const JournalEntry& entry : home_->journal.of(mac_, count))
        events.emplace_back(entry.time, std::string(event_kind_name(entry.event.kind)),
                            to_bus(entry.event));
    return events;
}

} // namespace plugtone
