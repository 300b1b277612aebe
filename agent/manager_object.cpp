#include "agent/manager_object.hpp"

#include <set>
#include <utility>

#include <malloc.h>
#include <nlohmann/json.hpp>

#include "agent/bus_errors.hpp"
#include "agent/resync_targets.hpp"

namespace plugtone {

namespace {

// Between two looks at the bus.
constexpr std::chrono::milliseconds looked_on{5};

} // namespace

ManagerObject::ManagerObject(sdbus::IConnection& connection, LongCalls& long_calls,
                             Operations& operations, DeviceStates& states, Journal& journal,
                             KeaClient& kea, FirmwareDesk& firmware, Notifier& notifier,
                             std::function<EventCounts()> event_counts)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(root_path)), connection_(connection),
      long_calls_(long_calls), operations_(operations), states_(states), journal_(journal),
      kea_(kea), firmware_(firmware), notifier_(notifier), event_counts_(std::move(event_counts)),
      devices_(connection, {operations, states, journal}) {
    registerAdaptor();
    sync_classes();
    told_overrides_ = operations_.pipeline().overrides_digest();
}

ManagerObject::~ManagerObject() {
    classes_.clear();
    unregisterAdaptor();
}

void ManagerObject::sync_classes() {
    classes_.clear();
    for (const DeviceClass& device_class : operations_.pipeline().classes().classes())
        classes_.push_back(
            std::make_unique<ClassObject>(connection_, long_calls_, device_class, operations_));
}

void ManagerObject::published(Generation generation, const std::string& what, const Scope& scope) {
    devices_.sync(scope);
    large_ = large_ || scope.everything;
    emitPublished(to_bus(generation), what);
    if (const std::string now = operations_.pipeline().overrides_digest(); now != told_overrides_) {
        told_overrides_ = now;
        kea_.reload(KeaClient::Clock::now());
    }
}

bool ManagerObject::rest() {
    if (std::exchange(large_, false))
        ::malloc_trim(0);
    try {
        return operations_.pipeline().look_on(looked_on);
    } catch (const std::exception& error) {
        // The database is out of order: what is damaged is looked for again with the next start.
        log(Level::error, "live-files-bad", {{"why", error.what()}});
        return false;
    }
}

Result<Pipeline::Outcome> ManagerObject::reload(bool force, const Pipeline::Progress& progress) {
    const auto outcome = operations_.pipeline().reload(force, progress);
    if (!outcome)
        return outcome;
    sync_classes();
    // A class may have another name and the same files: nothing was published.
    devices_.sync(Scope::all());
    kea_.reload(KeaClient::Clock::now());
    return outcome;
}

void ManagerObject::happened(const std::vector<Event>& events, long long now) {
    std::set<plugtone::Mac> subjects;
    for (const Event& event : events) {
        emitJournal(now, std::string(event_kind_name(event.kind)), to_bus(event));
        const auto mac = event_subject(event);
        if (!mac)
            continue;
        subjects.insert(*mac);
        if (event.kind == EventKind::transfer_done && event["OWNER"] == event["MAC"])
            notifier_.resync().on_fetch(*mac);
    }
    resynced();
    moved({subjects.begin(), subjects.end()}, now);
}

void ManagerObject::moved(const std::vector<plugtone::Mac>& devices, long long now) {
    for (const plugtone::Mac& mac : devices) {
        if (!devices_.refresh_state(mac))
            continue;
        const Journey journey = states_.of(mac).journey;
        emitStateChanged(now, mac.text(), std::string(state_name(journey.state)),
                         journey.is_stuck(), journey.why);
    }
}

std::map<std::string, sdbus::Variant> ManagerObject::Status() {
    return answer([&] {
        std::map<std::string, std::uint32_t> states;
        std::uint32_t stuck = 0;
        for (const auto& [mac, object] : devices_.all()) {
            const Journey journey = states_.of(mac).journey;
            ++states[std::string(state_name(journey.state))];
            stuck += journey.is_stuck() ? 1U : 0U;
        }
        const EventCounts events = event_counts_();
        std::vector<std::string> problems = operations_.pipeline().problems();
        for (std::string& problem : firmware_.rollouts().problems())
            problems.push_back(std::move(problem));
        const auto generations = operations_.inventory().generations(1);
        const GenerationRecord last =
            generations.empty() ? GenerationRecord{} : generations.front();
        const SharedChanges* shared = operations_.pipeline().shared();
        return std::map<std::string, sdbus::Variant>{
            {"generation", sdbus::Variant(to_bus(operations_.pipeline().live()))},
            {"published", sdbus::Variant(std::int64_t{last.made})},
            {"change", sdbus::Variant(last.what)},
            {"devices", sdbus::Variant(static_cast<std::uint32_t>(devices_.all().size()))},
            {"states", sdbus::Variant(states)},
            {"stuck", sdbus::Variant(stuck)},
            {"classes", sdbus::Variant(static_cast<std::uint32_t>(classes_.size()))},
            {"problems", sdbus::Variant(problems)},
            {"kea", sdbus::Variant(kea_.last_outcome())},
            {"fleet", sdbus::Variant(shared == nullptr ? std::string() : shared->state())},
            {"journal-rows", sdbus::Variant(std::int64_t{journal_.rows()})},
            {"malformed-events", sdbus::Variant(events.malformed)},
            {"dropped-events", sdbus::Variant(events.dropped)},
            {"lost-events", sdbus::Variant(events.lost)}};
    });
}

std::tuple<sdbus::ObjectPath, std::vector<std::string>>
ManagerObject::AddDevice(const std::string& mac, const std::string& class_name,
                         const std::string& label,
                         const std::map<std::string, std::string>& parameters) {
    return answer([&] {
        const NewDevice device{value_or_throw(plugtone::Mac::parse(mac)), class_name, label,
                               parameters};
        auto notes = value_or_throw(operations_.add_device(device));
        return std::tuple(DeviceObjects::path_of(device.mac), std::move(notes));
    });
}

void ManagerObject::RemoveDevice(const std::string& mac) {
    answer([&] {
        done_or_throw(operations_.remove_device(value_or_throw(plugtone::Mac::parse(mac))));
    });
}

std::vector<sdbus::Struct<std::string, std::string, std::string, bool, std::string, std::string,
                          std::int64_t, bool, std::string, std::string, std::int64_t>>
ManagerObject::Devices() {
    return answer([&] {
        large_ = true;
        decltype(Devices()) rows;
        rows.reserve(devices_.all().size());
        for (const auto& [mac, device] : devices_.all())
            rows.emplace_back(device.mac(), device.label(), device.class_name(),
                              device.class_fixed(), device.url(), device.state(),
                              device.state_since(), device.stuck(), device.why(), device.address(),
                              device.last_seen());
        return rows;
    });
}

BusShared ManagerObject::Site(const bool& reveal) {
    return answer([&] {
        return to_bus(operations_.inventory().shared(of_site), operations_.pipeline().dictionary(),
                      reveal);
    });
}

void ManagerObject::SetSite(sdbus::Result<std::vector<std::string>>&& result,
                            std::map<std::string, std::string> parameters, bool is_public) {
    long_calls_.add(std::move(result), [this, parameters = std::move(parameters), is_public] {
        return value_or_throw(operations_.set_shared(of_site, parameters, is_public));
    });
}

void ManagerObject::UnsetSite(sdbus::Result<>&& result, std::vector<std::string> names) {
    long_calls_.add(std::move(result), [this, names = std::move(names)] {
        done_or_throw(operations_.unset_shared(of_site, names));
    });
}

std::vector<
    sdbus::Struct<std::string, std::string, std::string, std::string, std::vector<std::string>,
                  std::vector<sdbus::Struct<std::vector<std::string>, std::string, std::string>>>>
ManagerObject::Dictionary() {
    return answer([&] {
        decltype(Dictionary()) all;
        for (const auto& [number, definition] : operations_.pipeline().dictionary().definitions()) {
            std::vector<sdbus::Struct<std::vector<std::string>, std::string, std::string>> forms;
            for (const ParameterForm& form : definition.forms)
                forms.emplace_back(form.families, describe(form.type), form.preset.value_or(""));
            all.emplace_back(number.text(), definition.name, definition.alias_path,
                             definition.title, definition.aliases, std::move(forms));
        }
        return all;
    });
}

std::vector<sdbus::Struct<std::string, std::string>> ManagerObject::Redirects() {
    return answer([&] {
        std::vector<sdbus::Struct<std::string, std::string>> all;
        for (const auto& [range, url] : operations_.inventory().overrides().all().redirects)
            all.emplace_back(range.text(), url);
        return all;
    });
}

void ManagerObject::AddRedirect(sdbus::Result<>&& result, std::string range, std::string url) {
    long_calls_.add(std::move(result), [this, range = std::move(range), url = std::move(url)] {
        done_or_throw(operations_.add_redirect(range, url));
    });
}

void ManagerObject::RemoveRedirect(sdbus::Result<>&& result, std::string range) {
    long_calls_.add(std::move(result), [this, range = std::move(range)] {
        done_or_throw(operations_.remove_redirect(range));
    });
}

void ManagerObject::Explain(sdbus::Result<std::string>&& result, std::string mac) {
    long_calls_.add(std::move(result), [this, mac = std::move(mac)] {
        const plugtone::Mac wanted = value_or_throw(plugtone::Mac::parse(mac));
        const DeviceState state = states_.of(wanted);
        nlohmann::json arguments = {{"mac", wanted.text()}};
        const Identity known = state.identity(wanted);
        for (const auto& [name, text] :
             {std::pair("vendor-class", known.vendor_class),
              std::pair("user-class", known.user_class), std::pair("host-name", known.host_name)})
            if (!text.empty())
                arguments[name] = text;
        arguments["kea-classes"] = known.kea_classes;
        if (!state.address.empty())
            arguments["address"] = state.address;
        const nlohmann::json command = {{"command", "plugtone-explain"}, {"arguments", arguments}};
        return value_or_throw(kea_.ask(command.dump()));
    });
}

std::tuple<std::vector<std::string>, std::vector<sdbus::Struct<std::string, std::string>>>
ManagerObject::Resync(const std::vector<std::string>& macs, const std::string& which) {
    return answer([&] {
        std::map<plugtone::Mac, ResyncCandidate> candidates;
        for (const auto& [mac, object] : devices_.all())
            candidates[mac] = {states_.of(mac),
                               operations_.pipeline().classes().find(object.class_name())};
        const ResyncChoice choice = value_or_throw(choose_for_resync(candidates, macs, which));
        notifier_.resync().add(choice.targets, plugtone::Resync::Clock::now());
        std::tuple<std::vector<std::string>, std::vector<sdbus::Struct<std::string, std::string>>>
            told;
        for (const ResyncTarget& target : choice.targets)
            std::get<0>(told).push_back(target.mac.text());
        for (const auto& [mac, why] : choice.skipped)
            std::get<1>(told).emplace_back(mac.text(), why);
        return told;
    });
}

std::vector<
    sdbus::Struct<std::string, std::string, std::string, std::uint32_t, std::uint32_t, std::string>>
ManagerObject::ResyncReport() {
    return answer([&] {
        decltype(ResyncReport()) all;
        for (const auto& [mac, report] : notifier_.resync().reports())
            all.emplace_back(mac.text(), report.phone.text(),
                             std::string(resync_outcome_name(report.outcome)),
                             static_cast<std::uint32_t>(report.sent),
                             static_cast<std::uint32_t>(report.status), report.detail);
        return all;
    });
}

void ManagerObject::resynced() {
    for (const plugtone::Mac& mac : notifier_.resync().take_changed()) {
        const plugtone::ResyncReport& report = notifier_.resync().reports().at(mac);
        emitResynced(mac.text(), report.phone.text(),
                     std::string(resync_outcome_name(report.outcome)),
                     static_cast<std::uint32_t>(report.sent),
                     static_cast<std::uint32_t>(report.status), report.detail);
    }
}

} // namespace plugtone
