// All rollouts, as they go on: what phones did and what time it is into each
// (firmware/rollout.hpp), what it orders into the tree, and where it is into the database, in one
// transaction with the generation. One thread. Throws soci::soci_error when the database fails;
// then nothing has changed.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/device_versions.hpp"
#include "agent/pipeline.hpp"
#include "agent/rollout_rows.hpp"

namespace plugtone {

// As it was typed; empty: as usual.
struct RolloutRequest {
    FirmwareId firmware = 0;
    std::string class_name; // empty: the phones that report the firmware's model
    std::string rings;
    std::string quiet_hours;
    std::vector<std::string> via;
    unsigned downloads_max = 0;
    Seconds hearing_max = 0;
};

class Rollouts {
public:
    // Time moves a rollout at least so often.
    static constexpr Seconds tick = 20;

    // The pipeline must outlive it. minute_of_day: of that second, local.
    Rollouts(Pipeline& pipeline, std::function<unsigned(Seconds)> minute_of_day);

    void on_change(std::function<void(long long id)> changed) { changed_ = std::move(changed); }

    // The ID of the new one.
    Result<long long> start(const RolloutRequest& wanted, Seconds now);
    Done pause(long long id, Seconds now);
    Done resume(long long id, Seconds now);
    // Its phones go back to what they were pinned to before.
    Done abort(long long id);

    // Events of the file server, after the journal has them.
    void happened(const std::vector<Event>& events, Seconds now);
    // What time brings; to be called when due() has passed.
    void advance(Seconds now);
    // Nothing while no rollout is running.
    std::optional<Seconds> due() const;

    const std::map<long long, Rollout>& all() const { return rollouts_; }
    const DeviceVersions& versions() const { return versions_; }
    std::string firmware_text(FirmwareId id);
    // Halted ones.
    std::vector<std::string> problems() const;
    // An active one that this phone is in, or that uses this firmware.
    const Rollout* active_with(const Mac& mac) const;
    const Rollout* active_of(FirmwareId firmware) const;

private:
    Result<RolloutPlan> plan_of(const RolloutRequest& wanted, const Firmware& firmware);
    Result<std::vector<Mac>> devices_for(const RolloutPlan& plan, const Firmware& firmware);
    std::optional<PhoneDid> done_by_phone(const Event& event, const Rollout& rollout,
                                          const std::map<FirmwareId, Firmware>& firmware) const;
    Result<Rollout*> known(long long id);
    void step(Rollout& rollout, Seconds now);
    Done keep(Rollout& rollout, Rollout next, const std::vector<PinOrder>& orders);

    Inventory& inventory() { return pipeline_.inventory(); }

    Pipeline& pipeline_;
    std::function<unsigned(Seconds)> minute_of_day_;
    std::function<void(long long)> changed_;
    DeviceVersions versions_;
    RolloutRows rows_;
    std::map<long long, Rollout> rollouts_;
    Seconds advanced_ = 0;
};

} // namespace plugtone
