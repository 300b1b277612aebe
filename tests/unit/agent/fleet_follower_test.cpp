#include "agent/fleet_follower.hpp"

#include <gmock/gmock.h>
#include <poll.h>

#include "agent/database.hpp"
#include "tests/unit/agent/branch.hpp"
#include "tests/unit/agent/postgres_server.hpp"

namespace plugtone {
namespace {

using test::PostgresServer;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr int patience_ms = 30'000;

class FleetFollowerTest : public testing::Test {
protected:
    void SetUp() override {
        PostgresServer::of_this_process().make();
        follower_ =
            FleetFollower::start(PostgresServer::of_this_process().url(), box_, "north", 0).value();
    }
    std::optional<FleetUpdate> next() {
        std::optional<FleetUpdate> update;
        while (!update) {
            pollfd wait{follower_->fd(), POLLIN, 0};
            if (::poll(&wait, 1, patience_ms) <= 0)
                return std::nullopt;
            update = follower_->take();
        }
        return update;
    }
    void bring(Revision known, const char* mac) {
        soci::session line;
        open_fleet_database(line, PostgresServer::of_this_process().url());
        own_.add_devices(known + 1, {test::device_of(mac)});
        ASSERT_TRUE(
            Fleet(line, box_, "north")
                .bring(known, {known + 1, 100, "device add"},
                       current_rows(own_.database(), touched_rows(own_.database(), known + 1))));
    }

    const SecretBox box_ = test::test_box();
    test::TempFolder folder_;
    Inventory own_{folder_.path("own"), test::test_box()};
    std::unique_ptr<FleetFollower> follower_;
};

TEST_F(FleetFollowerTest, TellsOnceThatASiteIsNewAndThenWhatOthersBring) {
    const auto first = next();
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->is_of_new_site);
    EXPECT_TRUE(follower_->health().connected);
    EXPECT_THAT(follower_->health().problem, IsEmpty());
    follower_->go_on(0, true);
    bring(0, "000b82123456");
    const auto second = next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->to, 1);
    EXPECT_THAT(second->changes, SizeIs(1));
    // What comes while that is being taken over comes with the next.
    bring(1, "000b82000001");
    bring(2, "000b82000002");
    follower_->go_on(1, true);
    const auto third = next();
    ASSERT_TRUE(third);
    EXPECT_EQ(third->from, 1);
    EXPECT_EQ(third->to, 3);
    EXPECT_THAT(third->changes, SizeIs(2));
}

TEST_F(FleetFollowerTest, SaysWhyItIsNotConnectedAndConnectsAgain) {
    PostgresServer server;
    server.make();
    follower_ = FleetFollower::start(server.url(), box_, "north", 0).value();
    ASSERT_TRUE(next());
    server.stop();
    while (follower_->health().connected) {
        pollfd wait{follower_->fd(), POLLIN, 0};
        ASSERT_GT(::poll(&wait, 1, patience_ms), 0);
        follower_->take();
    }
    EXPECT_THAT(follower_->health().problem, Not(IsEmpty()));
    EXPECT_EQ(follower_->health().problem.find('\n'), std::string::npos);
    server.start();
    follower_->go_on(0, true);
    EXPECT_TRUE(next());
}

} // namespace
} // namespace plugtone
