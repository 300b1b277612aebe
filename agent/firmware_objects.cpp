#include "agent/firmware_objects.hpp"

#include <ctime>
#include <utility>

#include "agent/bus_errors.hpp"
#include "agent/bus_values.hpp"

namespace plugtone {

sdbus::ObjectPath FirmwareObject::path_of(FirmwareId id) {
    return sdbus::ObjectPath(std::string(root_path) + "/firmware/" + std::to_string(id));
}

FirmwareObject::FirmwareObject(sdbus::IConnection& connection, LongCalls& long_calls,
                               plugtone::Firmware firmware, FirmwareDesk& desk)
    : AdaptorInterfaces(connection, path_of(firmware.id)), long_calls_(long_calls),
      firmware_(std::move(firmware)), desk_(desk) {
    registerAdaptor();
    emitInterfacesAddedSignal();
}

FirmwareObject::~FirmwareObject() {
    if_there_is_a_bus([this] { emitInterfacesRemovedSignal(); });
    unregisterAdaptor();
}

std::vector<sdbus::Struct<std::string, std::uint64_t, std::string>> FirmwareObject::Files() {
    std::vector<sdbus::Struct<std::string, std::uint64_t, std::string>> files;
    for (const FirmwareFile& file : firmware_.files)
        files.emplace_back(file.name, file.size, file.sha256);
    return files;
}

void FirmwareObject::Pin(sdbus::Result<>&& result, std::string mac, std::string class_name) {
    const PinTarget whom{std::move(mac), std::move(class_name)};
    long_calls_.add(std::move(result), [&desk = desk_, id = firmware_.id, whom] {
        done_or_throw(desk.pin(id, whom));
    });
}

void FirmwareObject::Remove() {
    answer([&] { done_or_throw(desk_.remove(firmware_.id)); });
}

sdbus::ObjectPath RolloutObject::path_of(long long id) {
    return sdbus::ObjectPath(std::string(root_path) + "/rollout/" + std::to_string(id));
}

RolloutObject::RolloutObject(sdbus::IConnection& connection, LongCalls& long_calls, long long id,
                             Rollouts& rollouts)
    : AdaptorInterfaces(connection, path_of(id)), long_calls_(long_calls), id_(id),
      rollouts_(rollouts),
      title_(rollouts.firmware_text(rollouts.all().at(id).plan().target.firmware)) {
    registerAdaptor();
    emitInterfacesAddedSignal();
}

RolloutObject::~RolloutObject() {
    if_there_is_a_bus([this] { emitInterfacesRemovedSignal(); });
    unregisterAdaptor();
}

void RolloutObject::changed() {
    emitPropertiesChangedSignal(org::plugtone1::Rollout_adaptor::INTERFACE_NAME,
                                {bus::PropertyName("State"), bus::PropertyName("Reason"),
                                 bus::PropertyName("Ring"), bus::PropertyName("Counts")});
}

std::uint64_t RolloutObject::Firmware() {
    return static_cast<std::uint64_t>(rollout().plan().target.firmware);
}

std::string RolloutObject::State() {
    return std::string(rollout_state_name(rollout().progress().state));
}

std::string RolloutObject::Ring() {
    return rollout().plan().rings.name(rollout().progress().ring);
}

std::string RolloutObject::QuietHours() {
    const auto& hours = rollout().plan().quiet_hours;
    return hours ? hours->text() : "";
}

std::map<std::string, std::uint32_t> RolloutObject::Counts() {
    std::map<std::string, std::uint32_t> counts;
    for (const auto& [state, count] : rollout().counts())
        counts[std::string(member_state_name(state))] = static_cast<std::uint32_t>(count);
    return counts;
}

std::vector<sdbus::Struct<std::string, std::string, std::string, std::string, std::string>>
RolloutObject::Members() {
    return answer([&] {
        decltype(Members()) all;
        for (const Member& member : rollout().members())
            all.emplace_back(member.mac.text(), rollout().plan().rings.name(member.ring),
                             std::string(member_state_name(member.state)), member.version,
                             member.reason);
        return all;
    });
}

void RolloutObject::Pause() {
    answer([&] { done_or_throw(rollouts_.pause(id_, std::time(nullptr))); });
}

void RolloutObject::Resume(sdbus::Result<>&& result) {
    long_calls_.add(std::move(result), [&rollouts = rollouts_, id = id_] {
        done_or_throw(rollouts.resume(id, std::time(nullptr)));
    });
}

void RolloutObject::Abort(sdbus::Result<>&& result) {
    long_calls_.add(std::move(result),
                    [&rollouts = rollouts_, id = id_] { done_or_throw(rollouts.abort(id)); });
}

FirmwareObjects::FirmwareObjects(sdbus::IConnection& connection, LongCalls& long_calls,
                                 FirmwareDesk& desk)
    : connection_(connection), long_calls_(long_calls), desk_(desk) {
    desk_.on_change([this] { stale_ = true; });
    desk_.rollouts().on_change([this](long long id) { show(id); });
    sync();
}

FirmwareObjects::~FirmwareObjects() {
    desk_.on_change({});
    desk_.rollouts().on_change({});
}

void FirmwareObjects::sync() {
    if (!std::exchange(stale_, false))
        return;
    std::map<FirmwareId, Firmware> present;
    for (Firmware& firmware :
         desk_.pipeline().inventory().firmware().in_state(FirmwareState::there))
        present.emplace(firmware.id, firmware);
    for (const auto& [id, firmware] : present)
        if (!firmware_.contains(id))
            firmware_.emplace(
                id, std::make_unique<FirmwareObject>(connection_, long_calls_, firmware, desk_));
    std::erase_if(firmware_, [&](const auto& entry) { return !present.contains(entry.first); });
    for (const auto& [id, rollout] : desk_.rollouts().all())
        show(id);
}

void FirmwareObjects::show(long long rollout) {
    // The rollout goes on, whoever cannot be told of it.
    if_there_is_a_bus([&] {
        if (const auto found = rollouts_.find(rollout); found != rollouts_.end())
            found->second->changed();
        else
            rollouts_.emplace(rollout, std::make_unique<RolloutObject>(connection_, long_calls_,
                                                                       rollout, desk_.rollouts()));
    });
}

} // namespace plugtone
