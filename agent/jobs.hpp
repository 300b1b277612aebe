// Long work beside the loop, so that no call on the bus keeps it waiting: on a thread of its own,
// or in steps between which everything else is served. What a job comes to is taken on the loop's
// thread. All of this is the loop's thread's, but for JobProgress.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace plugtone {

enum class JobState { running, done, failed, cancelled };
std::string_view job_state_name(JobState state);

// How the work tells how far it is, and hears that nobody wants it any more. Any thread.
class JobProgress {
public:
    // wake: an eventfd, which must outlive it; negative: nobody waits.
    explicit JobProgress(int wake) : wake_(wake) {}

    // done of total, in whatever unit the work counts; total 0: not known.
    void reached(std::uint64_t done, std::uint64_t total);
    // Work that sees this leaves nothing behind and returns an error, whichever.
    bool is_cancelled() const { return cancelled_; }

private:
    friend class Jobs;
    std::atomic<std::uint64_t> done_{0};
    std::atomic<std::uint64_t> total_{0};
    std::atomic<bool> cancelled_{false};
    int wake_;
};

using JobNumber = std::uint64_t; // 1 and up, of this run of the agent

struct Job {
    JobNumber number = 0;
    std::string what; // "firmware import gxp2160.zip"
    JobState state = JobState::running;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    nlohmann::json result = nlohmann::json::object(); // of a job that is done
    std::optional<Error> error;                       // of one that failed
};

class Jobs {
public:
    using Clock = std::chrono::steady_clock;
    // More at once are refused.
    static constexpr std::size_t running_max = 4;
    // What has ended can still be looked at: the newest so many, for so long.
    static constexpr std::size_t ended_max = 32;
    static constexpr std::chrono::minutes ended_for{60};

    // What is left to do on the loop's thread, soon done: to take the result. Not called if the job
    // was cancelled meanwhile; then what it holds is released.
    using Finish = std::function<Result<nlohmann::json>()>;
    // On a thread of its own: it touches nothing that is the loop's.
    using Work = std::function<Result<Finish>(JobProgress&)>;
    // A small piece on the loop's thread, again and again until it gives a result.
    using Step = std::function<Result<std::optional<nlohmann::json>>(JobProgress&)>;

    struct Listener {
        std::function<void(const Job&)> changed; // it is new, went on, or has ended
        std::function<void(JobNumber)> gone;     // nobody can look at it any more
    };

    Jobs();
    Jobs(const Jobs&) = delete;
    Jobs& operator=(const Jobs&) = delete;
    // Cancels what runs, and waits for it.
    ~Jobs();

    void listen(Listener listener) { listener_ = std::move(listener); }

    Result<JobNumber> start(const std::string& what, Work work);
    Result<JobNumber> start_steps(const std::string& what, Step step);
    // Refuses one that has ended. It ends soon after, as its work notices.
    Done cancel(JobNumber number);
    const Job* find(JobNumber number) const;

    // For the loop: advance() is due when the descriptor is readable, at the deadline, and at once
    // while there are steps.
    int fd() const { return wake_.get(); }
    bool has_steps() const;
    Clock::time_point deadline() const;
    void advance(Clock::time_point now);
    // From within a step that takes long: tells how far those are that run.
    void tell_progress();

private:
    struct Entry {
        Job job;
        std::unique_ptr<JobProgress> progress;
        std::future<Result<Finish>> work; // valid while its thread's result has not been taken
        Step step;
        Clock::time_point ended{};
        std::jthread thread; // the last: it is waited for before the rest goes
    };

    Result<Entry*> add(const std::string& what);
    void follow(Entry& entry);
    void take_result(Entry& entry, Clock::time_point now);
    void take_step(Entry& entry, Clock::time_point now);
    void end(Entry& entry, Result<nlohmann::json> outcome, Clock::time_point now);
    void forget(Clock::time_point now);
    void tell(const Job& job) const;

    Fd wake_;
    Listener listener_;
    std::map<JobNumber, Entry> entries_;
    JobNumber newest_ = 0;
};

} // namespace plugtone
