#include "agent/rollouts.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/names/request_name.hpp"

namespace plugtone {

namespace {

std::string title(const Rollout& rollout) {
    return "rollout " + std::to_string(rollout.plan().id);
}

// Whether the name in a request is one of that firmware's files.
bool is_file_of(const Firmware& firmware, std::string_view requested) {
    const auto name = normalise_request_name(requested);
    if (!name)
        return false;
    const auto basic = firmware.shelf.basic_name(*name);
    return basic && std::any_of(firmware.files.begin(), firmware.files.end(),
                                [&](const FirmwareFile& file) { return file.name == *basic; });
}

Done not_found(long long id) {
    return fail(ErrorKind::not_found,
                "no rollout " + std::to_string(id) + "; 'plugtonectl rollout list' shows all");
}

tl::unexpected<Error> no_firmware(FirmwareId id) {
    return fail(ErrorKind::not_found,
                "no firmware " + std::to_string(id) + "; 'plugtonectl firmware list' shows all");
}

} // namespace

Rollouts::Rollouts(Pipeline& pipeline, std::function<unsigned(Seconds)> minute_of_day)
    : pipeline_(pipeline), minute_of_day_(std::move(minute_of_day)),
      versions_(pipeline.inventory().database()), rows_(pipeline.inventory().database()),
      rollouts_(rows_.all(pipeline.inventory().firmware().in_state(FirmwareState::there))) {}

std::string Rollouts::firmware_text(FirmwareId id) {
    const auto firmware = inventory().firmware().find(id);
    return firmware ? firmware->text() : "firmware " + std::to_string(id);
}

Result<RolloutPlan> Rollouts::plan_of(const RolloutRequest& wanted, const Firmware& firmware) {
    RolloutPlan plan;
    plan.target = {firmware.id, firmware.version, firmware.version};
    if (!wanted.class_name.empty() && pipeline_.classes().find(wanted.class_name) == nullptr)
        return fail(ErrorKind::not_found, "no class '" + printable(wanted.class_name) +
                                              "'; 'plugtonectl class list' shows all");
    plan.class_name = wanted.class_name;
    auto rings = Rings::parse(wanted.rings.empty() ? usual_rings : wanted.rings);
    if (!rings)
        return tl::unexpected(rings.error());
    plan.rings = *std::move(rings);
    if (!wanted.quiet_hours.empty()) {
        const auto hours = QuietHours::parse(wanted.quiet_hours);
        if (!hours)
            return tl::unexpected(hours.error());
        plan.quiet_hours = *hours;
    }
    for (const std::string& text : wanted.via) {
        const auto stone = SteppingStone::parse(text);
        if (!stone)
            return tl::unexpected(stone.error());
        const auto over = inventory().firmware().find(stone->firmware);
        if (!over)
            return no_firmware(stone->firmware);
        if (lower(over->model) != lower(firmware.model) || over->version >= firmware.version)
            return fail("via " + text +
                        ": want firmware of the same model and an older version "
                        "than " +
                        firmware.text() + ", got " + over->text());
        plan.stones.push_back({over->id, over->version, stone->below.value_or(over->version)});
    }
    if (wanted.downloads_max > 0)
        plan.downloads_max = wanted.downloads_max;
    if (wanted.hearing_max > 0)
        plan.hearing_max = wanted.hearing_max;
    return plan;
}

// A phone that is known to be of another model would look in vain for its files on that shelf.
Result<std::vector<Mac>> Rollouts::devices_for(const RolloutPlan& plan, const Firmware& firmware) {
    std::vector<Mac> devices;
    for (const Device& device : inventory().devices()) {
        const auto said = versions_.of(device.mac);
        const bool of_model = said && lower(said->model) == lower(firmware.model);
        const DeviceClass* device_class = pipeline_.class_of(device);
        const bool of_class = device_class != nullptr && device_class->name == plan.class_name;
        const bool wanted = plan.class_name.empty() ? of_model : of_class && (!said || of_model);
        if (!wanted)
            continue;
        if (const Rollout* other = active_with(device.mac))
            return fail(ErrorKind::conflict, "device " + device.mac.text() + " is in " +
                                                 title(*other) +
                                                 ", which has not ended: abort that first, or let "
                                                 "it finish");
        devices.push_back(device.mac);
    }
    if (devices.empty())
        return fail(ErrorKind::not_found,
                    plan.class_name.empty()
                        ? "no phone has reported that it is a " + firmware.model +
                              " yet: name a class with --class"
                        : "no phone of class " + plan.class_name + " can be a " + firmware.model);
    return devices;
}

Result<long long> Rollouts::start(const RolloutRequest& wanted, Seconds now) {
    const auto firmware = inventory().firmware().find(wanted.firmware);
    if (!firmware)
        return no_firmware(wanted.firmware);
    auto plan = plan_of(wanted, *firmware);
    if (!plan)
        return tl::unexpected(plan.error());
    const auto devices = devices_for(*plan, *firmware);
    if (!devices)
        return tl::unexpected(devices.error());
    plan->id = rows_.next_id();
    plan->started = now;
    const auto places = assign_rings(plan->rings, plan->id, *devices);
    if (!places)
        return tl::unexpected(places.error());
    std::vector<Member> members;
    for (const Place& place : *places) {
        Member member;
        member.mac = place.mac;
        member.ring = place.ring;
        if (const auto said = versions_.of(place.mac))
            member.version = said->version;
        members.push_back(std::move(member));
    }
    const long long id = plan->id;
    Rollout rollout(*std::move(plan), {RolloutState::running, "", 0, now}, std::move(members));
    soci::transaction transaction(inventory().database());
    rows_.add(rollout);
    transaction.commit();
    Rollout& kept = rollouts_.emplace(id, std::move(rollout)).first->second;
    log(Level::info, "rollout-started",
        {{"rollout", std::to_string(id)}, {"firmware", firmware->text()}});
    step(kept, now);
    if (changed_)
        changed_(id);
    return id;
}

Result<Rollout*> Rollouts::known(long long id) {
    const auto found = rollouts_.find(id);
    if (found == rollouts_.end())
        return tl::unexpected(not_found(id).error());
    return &found->second;
}

Done Rollouts::pause(long long id, Seconds now) {
    const auto rollout = known(id);
    if (!rollout)
        return tl::unexpected(rollout.error());
    Rollout next = **rollout;
    if (auto done = next.pause(); !done)
        return done;
    const auto orders = next.advance(now, minute_of_day_(now));
    return keep(**rollout, std::move(next), orders);
}

Done Rollouts::resume(long long id, Seconds now) {
    const auto rollout = known(id);
    if (!rollout)
        return tl::unexpected(rollout.error());
    Rollout next = **rollout;
    if (auto done = next.resume(); !done)
        return done;
    const auto orders = next.advance(now, minute_of_day_(now));
    return keep(**rollout, std::move(next), orders);
}

Done Rollouts::abort(long long id) {
    const auto rollout = known(id);
    if (!rollout)
        return tl::unexpected(rollout.error());
    Rollout next = **rollout;
    if (auto done = next.abort(); !done)
        return done;
    std::vector<PinOrder> orders;
    for (const Member& member : next.members())
        if (member.firmware != 0)
            orders.push_back({member.mac, 0});
    return keep(**rollout, std::move(next), orders);
}

// The phones of a generation, the rows and what we remember change together, or not at all.
Done Rollouts::keep(Rollout& rollout, Rollout next, const std::vector<PinOrder>& orders) {
    if (orders.empty()) {
        soci::transaction transaction(inventory().database());
        rows_.change(rollout, next, {}, 0);
        transaction.commit();
    } else {
        Scope scope;
        for (const PinOrder& order : orders)
            scope.devices.insert(order.mac);
        const auto made = pipeline_.carry_on(
            title(next) + ", " + std::string(rollout_state_name(next.progress().state)) + ": " +
                std::to_string(orders.size()) + (orders.size() == 1 ? " phone" : " phones"),
            scope, [&](Generation generation) {
                rows_.change(rollout, next, orders, generation);
                return Done{};
            });
        if (!made)
            return tl::unexpected(made.error());
    }
    if (next.progress().state != rollout.progress().state)
        log(next.progress().state == RolloutState::halted ? Level::warning : Level::info,
            "rollout-moved",
            {{"rollout", std::to_string(next.plan().id)},
             {"state", std::string(rollout_state_name(next.progress().state))},
             {"reason", next.progress().reason}});
    rollout = std::move(next);
    if (changed_)
        changed_(rollout.plan().id);
    return {};
}

void Rollouts::step(Rollout& rollout, Seconds now) {
    Rollout next = rollout;
    const auto orders = next.advance(now, minute_of_day_(now));
    if (orders.empty() && next.progress() == rollout.progress() &&
        next.members() == rollout.members())
        return;
    const auto kept = keep(rollout, std::move(next), orders);
    if (kept)
        return;
    // Trying again and again would be no help: it is for the operator to see.
    Rollout stopped = rollout;
    stopped.halt("its next step cannot be published: " + kept.error().message);
    if (auto done = keep(rollout, std::move(stopped), {}); !done)
        log(Level::error, "rollout-not-halted", {{"why", done.error().message}});
}

std::optional<PhoneDid>
Rollouts::done_by_phone(const Event& event, const Rollout& rollout,
                        const std::map<FirmwareId, Firmware>& firmware) const {
    const auto mac = Mac::parse(event["MAC"]);
    const Member* member = mac ? rollout.find(*mac) : nullptr;
    if (member == nullptr)
        return std::nullopt;
    PhoneDid did{*mac, PhoneDid::What::asked_for_configuration,
                 reported_version(event["DEVICE_FIRMWARE"])};
    // One that goes by another device's MAC is not believed.
    if (const auto named = Mac::parse(event["DEVICE_ID"]); named && *named != *mac)
        did.version.reset();
    const bool done = event.kind == EventKind::transfer_done;
    if (done && event["OWNER"] == event["MAC"])
        return did;
    const auto pinned = firmware.find(member->firmware);
    if ((!done && event.kind != EventKind::transfer_failed) || pinned == firmware.end() ||
        !is_file_of(pinned->second, event["NAME"]))
        return std::nullopt;
    did.what = done ? PhoneDid::What::got_firmware : PhoneDid::What::lost_firmware;
    return did;
}

void Rollouts::happened(const std::vector<Event>& events, Seconds now) {
    soci::transaction transaction(inventory().database());
    for (const Event& event : events)
        versions_.take(event, now);
    transaction.commit();
    std::map<FirmwareId, Firmware> firmware; // looked up only if there is somebody to ask for
    for (auto& [id, rollout] : rollouts_) {
        if (rollout.progress().state == RolloutState::aborted)
            continue;
        if (firmware.empty())
            for (Firmware& one : inventory().firmware().in_state(FirmwareState::there))
                firmware.emplace(one.id, one);
        Rollout next = rollout;
        bool concerned = false;
        for (const Event& event : events)
            if (const auto did = done_by_phone(event, next, firmware)) {
                next.on_phone(*did, now);
                concerned = true;
            }
        if (!concerned)
            continue;
        const auto orders = next.advance(now, minute_of_day_(now));
        if (next.progress() == rollout.progress() && next.members() == rollout.members())
            continue;
        if (const auto kept = keep(rollout, std::move(next), orders); !kept) {
            log(Level::error, "rollout-stuck",
                {{"rollout", std::to_string(id)}, {"why", kept.error().message}});
            step(rollout, now);
        }
    }
}

void Rollouts::advance(Seconds now) {
    advanced_ = now;
    for (auto& [id, rollout] : rollouts_) {
        if (!rollout.is_active())
            continue;
        for (const Member& member : std::vector<Member>(rollout.members()))
            if (member.state == MemberState::downloading && !inventory().device(member.mac)) {
                Rollout next = rollout;
                next.on_gone(member.mac);
                if (auto kept = keep(rollout, std::move(next), {}); !kept)
                    log(Level::error, "rollout-stuck", {{"why", kept.error().message}});
            }
        step(rollout, now);
    }
}

std::optional<Seconds> Rollouts::due() const {
    const bool active = std::any_of(rollouts_.begin(), rollouts_.end(),
                                    [](const auto& entry) { return entry.second.is_active(); });
    return active ? std::optional(advanced_ + tick) : std::nullopt;
}

std::vector<std::string> Rollouts::problems() const {
    std::vector<std::string> all;
    for (const auto& [id, rollout] : rollouts_)
        if (rollout.progress().state == RolloutState::halted)
            all.push_back(title(rollout) + " has halted: " + rollout.progress().reason +
                          "; see 'plugtonectl rollout show " + std::to_string(id) +
                          "', then resume or abort it");
    return all;
}

const Rollout* Rollouts::active_with(const Mac& mac) const {
    for (const auto& [id, rollout] : rollouts_)
        if (rollout.is_active() && rollout.find(mac) != nullptr)
            return &rollout;
    return nullptr;
}

const Rollout* Rollouts::active_of(FirmwareId firmware) const {
    for (const auto& [id, rollout] : rollouts_) {
        const RolloutPlan& plan = rollout.plan();
        const bool uses = plan.target.firmware == firmware ||
                          std::any_of(plan.stones.begin(), plan.stones.end(),
                                      [&](const Hop& stone) { return stone.firmware == firmware; });
        if (rollout.is_active() && uses)
            return &rollout;
    }
    return nullptr;
}

} // namespace plugtone
