#include "agent/jobs.hpp"

#include <algorithm>

#include <sys/eventfd.h>

#include "agent/database.hpp"

namespace plugtone {

namespace {

constexpr std::uint64_t shares = 100; // of progress that are worth waking the loop

void ring(int wake) {
    if (wake >= 0)
        ::eventfd_write(wake, 1); // a full counter wakes just as well
}

// Whatever the body throws is the job's failure.
template <class Body>
auto guarded(Body body) -> decltype(body()) {
    try {
        return body();
    } catch (const soci::soci_error& error) {
        return fail(ErrorKind::io, explain_own_database(error));
    } catch (const std::exception& error) {
        return fail(ErrorKind::io, error.what());
    } catch (...) {
        return fail(ErrorKind::io, "an exception of unknown type");
    }
}

} // namespace

std::string_view job_state_name(JobState state) {
    switch (state) {
    case JobState::running:
        return "running";
    case JobState::done:
        return "done";
    case JobState::failed:
        return "failed";
    case JobState::cancelled:
        return "cancelled";
    }
    return "failed";
}

void JobProgress::reached(std::uint64_t done, std::uint64_t total) {
    const auto share = [](std::uint64_t part, std::uint64_t whole) {
        return whole == 0 ? part : part * shares / whole;
    };
    const bool moved = total != total_ || share(done, total) != share(done_, total);
    done_ = done;
    total_ = total;
    if (moved)
        ring(wake_);
}

Jobs::Jobs() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Jobs::~Jobs() {
    for (auto& [number, entry] : entries_)
        entry.progress->cancelled_ = true;
    entries_.clear(); // a jthread waits
}

void Jobs::tell(const Job& job) const {
    if (listener_.changed)
        listener_.changed(job);
}

Result<Jobs::Entry*> Jobs::add(const std::string& what) {
    if (!wake_)
        return fail(ErrorKind::io, "no job can be started: there was no descriptor left for it");
    const auto running = std::count_if(entries_.begin(), entries_.end(), [](const auto& entry) {
        return entry.second.job.state == JobState::running;
    });
    if (running >= static_cast<std::ptrdiff_t>(running_max))
        return fail(ErrorKind::refused,
                    std::to_string(running) +
                        " jobs are running, which is as many as there may be; wait for one to end, "
                        "or cancel one ('plugtonectl job list')");
    Entry& entry = entries_[++newest_];
    entry.job.number = newest_;
    entry.job.what = what;
    entry.progress = std::make_unique<JobProgress>(wake_.get());
    return &entry;
}

Result<JobNumber> Jobs::start(const std::string& what, Work work) {
    const auto entry = add(what);
    if (!entry)
        return tl::unexpected(entry.error());
    std::promise<Result<Finish>> result;
    (*entry)->work = result.get_future();
    try {
        // The result first and then the bell: who hears it finds the result.
        (*entry)->thread =
            std::jthread([work = std::move(work), result = std::move(result),
                          &progress = *(*entry)->progress, wake = wake_.get()]() mutable {
                result.set_value(guarded([&] { return work(progress); }));
                ring(wake);
            });
    } catch (const std::system_error& error) {
        entries_.erase((*entry)->job.number);
        return fail(ErrorKind::io, std::string("no thread for ") + what + ": " + error.what());
    }
    tell((*entry)->job);
    return (*entry)->job.number;
}

Result<JobNumber> Jobs::start_steps(const std::string& what, Step step) {
    const auto entry = add(what);
    if (!entry)
        return tl::unexpected(entry.error());
    (*entry)->step = std::move(step);
    tell((*entry)->job);
    return (*entry)->job.number;
}

Done Jobs::cancel(JobNumber number) {
    const auto found = entries_.find(number);
    if (found == entries_.end())
        return fail(ErrorKind::not_found,
                    "no job " + std::to_string(number) + "; 'plugtonectl job list' shows all");
    if (found->second.job.state != JobState::running)
        return fail(ErrorKind::refused, "job " + std::to_string(number) + " has ended already: " +
                                            std::string(job_state_name(found->second.job.state)));
    found->second.progress->cancelled_ = true;
    ring(wake_.get());
    return {};
}

const Job* Jobs::find(JobNumber number) const {
    const auto found = entries_.find(number);
    return found == entries_.end() ? nullptr : &found->second.job;
}

bool Jobs::has_steps() const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [](const auto& entry) { return entry.second.step != nullptr; });
}

Jobs::Clock::time_point Jobs::deadline() const {
    auto first = Clock::time_point::max();
    for (const auto& [number, entry] : entries_)
        if (entry.job.state != JobState::running)
            first = std::min(first, entry.ended + ended_for);
    return first;
}

void Jobs::follow(Entry& entry) {
    const std::uint64_t done = entry.progress->done_;
    const std::uint64_t total = entry.progress->total_;
    if (done == entry.job.done && total == entry.job.total)
        return;
    entry.job.done = done;
    entry.job.total = total;
    tell(entry.job);
}

void Jobs::tell_progress() {
    for (auto& [number, entry] : entries_)
        if (entry.job.state == JobState::running)
            follow(entry);
}

void Jobs::end(Entry& entry, Result<nlohmann::json> outcome, Clock::time_point now) {
    entry.step = nullptr;
    entry.ended = now;
    if (outcome) {
        entry.job.state = JobState::done;
        entry.job.result = *std::move(outcome);
    } else if (entry.progress->cancelled_) {
        entry.job.state = JobState::cancelled;
    } else {
        entry.job.state = JobState::failed;
        entry.job.error = outcome.error();
    }
    tell(entry.job);
}

void Jobs::take_result(Entry& entry, Clock::time_point now) {
    auto finish = entry.work.get();
    entry.thread.join();
    follow(entry);
    if (!finish)
        return end(entry, tl::unexpected(finish.error()), now);
    if (entry.progress->cancelled_)
        return end(entry, fail(ErrorKind::refused, "cancelled"), now);
    end(entry, guarded([&] { return (*finish)(); }), now);
}

void Jobs::take_step(Entry& entry, Clock::time_point now) {
    if (entry.progress->cancelled_)
        return end(entry, fail(ErrorKind::refused, "cancelled"), now);
    auto outcome = guarded([&] { return entry.step(*entry.progress); });
    follow(entry);
    if (!outcome)
        end(entry, tl::unexpected(outcome.error()), now);
    else if (*outcome)
        end(entry, **std::move(outcome), now);
}

void Jobs::forget(Clock::time_point now) {
    std::size_t kept = 0;
    for (auto at = entries_.end(); at != entries_.begin();) {
        --at;
        const bool ended = at->second.job.state != JobState::running;
        if (!ended || (++kept <= ended_max && now - at->second.ended < ended_for))
            continue;
        const JobNumber number = at->first;
        at = entries_.erase(at);
        if (listener_.gone)
            listener_.gone(number);
    }
}

void Jobs::advance(Clock::time_point now) {
    eventfd_t rung = 0;
    ::eventfd_read(wake_.get(), &rung);
    for (auto& [number, entry] : entries_) {
        if (entry.job.state != JobState::running)
            continue;
        if (entry.step)
            take_step(entry, now);
        else if (entry.work.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
            take_result(entry, now);
        else
            follow(entry);
    }
    forget(now);
}

} // namespace plugtone
