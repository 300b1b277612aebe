// This appliance as a member of a fleet: brings its operators' changes to the fleet's database, and
// takes over what others changed, each as one generation. While the line is down its own changes
// are refused, since the fleet could not be told; all else goes on from its own copy. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/fleet_follower.hpp"
#include "agent/pipeline.hpp"

namespace plugtone {

class FleetMember final : public SharedChanges {
public:
    struct Settings {
        std::string url;
        std::string site;
    };
    // The box and the pipeline must outlive it.
    FleetMember(Settings settings, const SecretBox& box, Pipeline& pipeline);
    FleetMember(const FleetMember&) = delete;
    FleetMember& operator=(const FleetMember&) = delete;
    ~FleetMember() override;

    // From now on the pipeline's changes are the fleet's.
    Done join();
    // Readable when take() has something to do.
    int fd() const { return follower_->fd(); }
    // Takes over what came. What fails is a problem, and tried again.
    void take();

    std::string state() const override;
    std::string problem() const override;
    Done may_change() override;
    Done bring(const GenerationRecord& record, const RowChanges& changes) override;

private:
    Done take_over(const FleetUpdate& update);
    Result<Revision> bring_everything(const FleetUpdate& update, const RowChanges& own);
    Result<Revision> send(Revision known, const GenerationRecord& record,
                          const RowChanges& changes);

    Settings settings_;
    const SecretBox& box_;
    Pipeline& pipeline_;
    std::unique_ptr<FleetFollower> follower_;
    std::unique_ptr<soci::session> line_; // what changes are brought over; opened when needed
    std::optional<bool> was_connected_;   // as far as the log knows
    bool taking_over_ = false;
    std::string failure_; // of the last take_over()
};

} // namespace plugtone
