// Takes events into the journal and moves the devices' states; a device that shows itself to be of
// another class, or has taken its XML password, is published anew, and one that nobody added waits
// in the queue. What the database does not take is counted, and the states go on in memory until it
// does. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/enrolment_watch.hpp"
#include "agent/journal.hpp"
#include "agent/pipeline.hpp"
#include "agent/unknown_phones.hpp"

namespace plugtone {

class Recorder {
public:
    // Between two looks at what the journal has too much of.
    static constexpr long long trim_interval_s = 60;
    // States moved by the time in one go.
    static constexpr std::size_t moved_max = 512;

    // All must outlive it. strangers_age_max_s: a stranger that was not seen for so long is
    // forgotten.
    Recorder(Journal& journal, DeviceStates& states, UnknownPhones& unknown, Pipeline& pipeline,
             long long strangers_age_max_s = JournalLimits{}.age_max_s)
        : journal_(journal), states_(states), unknown_(unknown), pipeline_(pipeline),
          watch_(pipeline), strangers_age_max_s_(strangers_age_max_s) {}

    // One transaction for all of them.
    void record(const std::vector<Event>& events, long long now);
    // Time has passed: the devices whose state it moved.
    std::vector<Mac> pass_time(long long now);
    // When pass_time() is wanted next.
    long long due() const;

    // Events that the database did not take.
    std::uint64_t lost() const { return lost_; }
    // Events that their senders could not deliver, as far as they have told.
    std::uint64_t dropped() const { return dropped_; }

private:
    template <class Work>
    bool in_transaction(Work work);
    bool wait_in_queue(const Mac& mac, const Event& event, long long now);
    struct Recognised {
        Scope scope; // devices that have another class now
        std::vector<std::string> changes;
    };
    Recognised recognised_anew(const std::map<Mac, Identity>& known_before);
    void publish_recognised(const Recognised& recognised);

    Journal& journal_;
    DeviceStates& states_;
    UnknownPhones& unknown_;
    Pipeline& pipeline_;
    EnrolmentWatch watch_;
    long long strangers_age_max_s_;
    long long trim_at_ = 0;
    std::uint64_t lost_ = 0;
    std::uint64_t dropped_ = 0;
};

} // namespace plugtone
