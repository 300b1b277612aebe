// Rollouts as rows of the inventory, so that they go on after a kill and a reboot. One thread.
// Throws soci::soci_error when the database fails.
#pragma once

#include <map>
#include <vector>

#include <soci/soci.h>

#include "agent/firmware/rollout.hpp"
#include "agent/firmware_rows.hpp"
#include "agent/generation.hpp"

namespace plugtone {

class RolloutRows {
public:
    // The tables are the inventory's.
    explicit RolloutRows(soci::session& database) : database_(database) {}

    // Those whose firmware is still there, by ID.
    std::map<long long, Rollout> all(const std::vector<Firmware>& firmware);
    long long next_id();

    // Inside a transaction of the caller's.
    void add(const Rollout& rollout);
    // What differs. Members that orders are about have been pinned by that generation.
    void change(const Rollout& before, const Rollout& after, const std::vector<PinOrder>& orders,
                Generation generation);

private:
    std::vector<Member> members(long long rollout);

    soci::session& database_;
};

} // namespace plugtone
