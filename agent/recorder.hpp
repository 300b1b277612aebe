// Takes events into the journal and moves the devices' states; a device that shows itself to be of
// another class is published anew. One thread; throws soci::soci_error when the database fails.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/journal.hpp"
#include "agent/pipeline.hpp"

namespace plugtone {

class Recorder {
public:
    // All must outlive it.
    Recorder(Journal& journal, DeviceStates& states, Pipeline& pipeline)
        : journal_(journal), states_(states), pipeline_(pipeline) {}

    // One transaction for all of them.
    void record(const std::vector<Event>& events, long long now);

private:
    void publish_recognised(const std::map<Mac, Identity>& known_before);

    Journal& journal_;
    DeviceStates& states_;
    Pipeline& pipeline_;
};

} // namespace plugtone
