#include "agent/jobs.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <poll.h>

namespace plugtone {

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class JobsTest : public testing::Test {
protected:
    JobsTest() {
        jobs_.listen({[this](const Job& job) { told_.push_back(job); },
                      [this](JobNumber number) { gone_.push_back(number); }});
    }
    // As the loop does it, until that job has ended.
    const Job& ended(JobNumber number) {
        while (jobs_.find(number)->state == JobState::running) {
            pollfd wait{jobs_.fd(), POLLIN, 0};
            ::poll(&wait, 1, jobs_.has_steps() ? 0 : -1);
            jobs_.advance(now_);
        }
        return *jobs_.find(number);
    }
    JobNumber short_one(const std::string& what = "short") {
        return jobs_
            .start_steps(what, [](JobProgress&) { return std::optional(nlohmann::json::object()); })
            .value();
    }

    Jobs::Clock::time_point now_{1h};
    std::vector<Job> told_;
    std::vector<JobNumber> gone_;
    Jobs jobs_;
};

TEST_F(JobsTest, WorksOnAThreadOfItsOwnAndFinishesOnTheLoops) {
    std::thread::id worked, finished;
    const auto number = jobs_.start("sum", [&](JobProgress&) -> Result<Jobs::Finish> {
        worked = std::this_thread::get_id();
        return [&, sum = 40 + 2]() -> Result<nlohmann::json> {
            finished = std::this_thread::get_id();
            return nlohmann::json{{"sum", sum}};
        };
    });
    ASSERT_TRUE(number);
    const Job& job = ended(*number);
    EXPECT_EQ(job.state, JobState::done);
    EXPECT_EQ(job.what, "sum");
    EXPECT_EQ(job.result, (nlohmann::json{{"sum", 42}}));
    EXPECT_NE(worked, std::this_thread::get_id());
    EXPECT_EQ(finished, std::this_thread::get_id());
}

TEST_F(JobsTest, ALongStepCanTellHowFarItIsAndHearThatItIsCancelled) {
    const auto number = jobs_.start_steps(
        "long", [&](JobProgress& progress) -> Result<std::optional<nlohmann::json>> {
            progress.reached(1, 2);
            jobs_.tell_progress();
            EXPECT_EQ(told_.back().done, 1U);
            EXPECT_TRUE(jobs_.cancel(told_.back().number));
            EXPECT_TRUE(progress.is_cancelled());
            return fail(ErrorKind::refused, "cancelled");
        });
    EXPECT_EQ(ended(*number).state, JobState::cancelled);
}

TEST_F(JobsTest, TellsHowFarTheWorkIs) {
    std::promise<void> go_on;
    const auto number = jobs_.start("count", [&](JobProgress& progress) -> Result<Jobs::Finish> {
        progress.reached(3, 10);
        go_on.get_future().wait();
        return [] { return nlohmann::json::object(); };
    });
    while (jobs_.find(*number)->done == 0) {
        pollfd wait{jobs_.fd(), POLLIN, 0};
        ::poll(&wait, 1, -1);
        jobs_.advance(now_);
    }
    EXPECT_EQ(jobs_.find(*number)->done, 3U);
    EXPECT_EQ(jobs_.find(*number)->total, 10U);
    EXPECT_EQ(jobs_.find(*number)->state, JobState::running);
    go_on.set_value();
    ended(*number);
    ASSERT_EQ(told_.size(), 3U); // new, went on, ended
    EXPECT_EQ(told_[1].done, 3U);
}

TEST_F(JobsTest, KeepsTheReasonOfAFailure) {
    const auto number = jobs_.start("fail", [](JobProgress&) -> Result<Jobs::Finish> {
        return fail(ErrorKind::refused, "no such luck");
    });
    const Job& job = ended(*number);
    EXPECT_EQ(job.state, JobState::failed);
    EXPECT_EQ(job.error->kind, ErrorKind::refused);
    EXPECT_EQ(job.error->message, "no such luck");
}

TEST_F(JobsTest, SurvivesWhatWorkOrFinishThrows) {
    const auto work = jobs_.start("throw", [](JobProgress&) -> Result<Jobs::Finish> {
        throw std::runtime_error("thrown at work");
    });
    const auto finish = jobs_.start("throw", [](JobProgress&) -> Result<Jobs::Finish> {
        return []() -> Result<nlohmann::json> { throw std::runtime_error("thrown at the end"); };
    });
    EXPECT_EQ(ended(*work).error->message, "thrown at work");
    EXPECT_EQ(ended(*finish).error->message, "thrown at the end");
}

TEST_F(JobsTest, TakesNoResultOfAJobThatWasCancelled) {
    std::promise<void> cancelled;
    bool finished = false;
    const auto number = jobs_.start("late", [&](JobProgress&) -> Result<Jobs::Finish> {
        cancelled.get_future().wait();
        return [&]() -> Result<nlohmann::json> {
            finished = true;
            return nlohmann::json::object();
        };
    });
    ASSERT_TRUE(jobs_.cancel(*number));
    cancelled.set_value();
    EXPECT_EQ(ended(*number).state, JobState::cancelled);
    EXPECT_FALSE(finished);
}

TEST_F(JobsTest, WorkHearsThatItIsCancelled) {
    std::promise<void> begun;
    const auto number = jobs_.start("endless", [&](JobProgress& progress) -> Result<Jobs::Finish> {
        begun.set_value();
        while (!progress.is_cancelled())
            std::this_thread::yield();
        return fail("stopped");
    });
    begun.get_future().wait();
    ASSERT_TRUE(jobs_.cancel(*number));
    const Job& job = ended(*number);
    EXPECT_EQ(job.state, JobState::cancelled);
    EXPECT_FALSE(job.error);
    const Done again = jobs_.cancel(*number);
    EXPECT_THAT(again.error().message, HasSubstr("has ended already: cancelled"));
    EXPECT_EQ(jobs_.cancel(77).error().kind, ErrorKind::not_found);
}

TEST_F(JobsTest, StepsAreTakenOneATurn) {
    int taken = 0;
    const auto number = jobs_.start_steps(
        "stairs", [&](JobProgress& progress) -> Result<std::optional<nlohmann::json>> {
            progress.reached(static_cast<std::uint64_t>(++taken), 3);
            if (taken < 3)
                return std::nullopt;
            return nlohmann::json{{"steps", taken}};
        });
    ASSERT_TRUE(jobs_.has_steps());
    jobs_.advance(now_);
    EXPECT_EQ(taken, 1);
    jobs_.advance(now_);
    EXPECT_EQ(jobs_.find(*number)->done, 2U);
    jobs_.advance(now_);
    EXPECT_EQ(jobs_.find(*number)->result, (nlohmann::json{{"steps", 3}}));
    EXPECT_FALSE(jobs_.has_steps());
}

TEST_F(JobsTest, StepsCanBeCancelledBetweenThem) {
    int taken = 0;
    const auto number =
        jobs_.start_steps("stairs", [&](JobProgress&) -> Result<std::optional<nlohmann::json>> {
            ++taken;
            return std::nullopt;
        });
    jobs_.advance(now_);
    ASSERT_TRUE(jobs_.cancel(*number));
    jobs_.advance(now_);
    EXPECT_EQ(jobs_.find(*number)->state, JobState::cancelled);
    EXPECT_EQ(taken, 1);
}

TEST_F(JobsTest, RefusesMoreThanMayRunAtOnce) {
    for (std::size_t at = 0; at < Jobs::running_max; ++at)
        ASSERT_TRUE(jobs_.start_steps("one", [](JobProgress&) {
            return Result<std::optional<nlohmann::json>>(std::nullopt);
        }));
    const auto more = jobs_.start_steps(
        "more", [](JobProgress&) { return Result<std::optional<nlohmann::json>>(std::nullopt); });
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().kind, ErrorKind::refused);
    EXPECT_EQ(jobs_.start("more", {}).error().kind, ErrorKind::refused);
}

TEST_F(JobsTest, ForgetsTheOldestOfManyThatEnded) {
    const JobNumber first = short_one();
    jobs_.advance(now_);
    for (std::size_t at = 1; at <= Jobs::ended_max; ++at) {
        short_one();
        jobs_.advance(now_);
    }
    EXPECT_EQ(jobs_.find(first), nullptr);
    EXPECT_NE(jobs_.find(first + 1), nullptr);
    EXPECT_EQ(gone_, std::vector{first});
}

TEST_F(JobsTest, ForgetsWhatEndedLongAgo) {
    const JobNumber number = short_one();
    EXPECT_EQ(jobs_.deadline(), Jobs::Clock::time_point::max());
    jobs_.advance(now_);
    EXPECT_EQ(jobs_.deadline(), now_ + Jobs::ended_for);
    jobs_.advance(jobs_.deadline() - 1s);
    EXPECT_NE(jobs_.find(number), nullptr);
    jobs_.advance(jobs_.deadline());
    EXPECT_EQ(jobs_.find(number), nullptr);
    EXPECT_EQ(gone_, std::vector{number});
}

TEST(Jobs, EndsWhatRunsWhenItGoes) {
    bool stopped = false;
    {
        Jobs jobs;
        ASSERT_TRUE(jobs.start("endless", [&](JobProgress& progress) -> Result<Jobs::Finish> {
            while (!progress.is_cancelled())
                std::this_thread::yield();
            stopped = true;
            return fail("stopped");
        }));
    }
    EXPECT_TRUE(stopped);
}

} // namespace

} // namespace plugtone
