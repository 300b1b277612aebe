// What devices fetch of their own, seen as proof: that a bootstrap window can be closed, and that
// an XML password has been taken. One thread; throws soci::soci_error when the database fails.
#pragma once

#include <set>
#include <string>

#include "agent/pipeline.hpp"
#include "core/contracts/events.hpp"

namespace plugtone {

class EnrolmentWatch {
public:
    // The pipeline must outlive it.
    explicit EnrolmentWatch(Pipeline& pipeline) : pipeline_(pipeline) {}

    // An event of a device of the inventory; inside a transaction of the caller's.
    void take(const Mac& mac, const Event& event);
    // After it: the files that are due by now. What cannot be published is logged, and due the next
    // time.
    void publish();

private:
    Done publish_due(const std::string& what);

    Pipeline& pipeline_;
    std::set<Mac> due_;    // their window is closed
    std::set<Mac> proven_; // to have the next password
    std::string failure_;  // of the last time, as it was logged
};

// Whether the device itself began to fetch the whole of a file of its own, or has it. What it had
// before (HTTP 304), a part of it, and what others did prove nothing.
bool is_own_transfer(const Event& event);

} // namespace plugtone
