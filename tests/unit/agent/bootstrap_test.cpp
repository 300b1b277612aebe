#include "agent/bootstrap.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;

constexpr auto begins = EventKind::transfer_started;
constexpr auto ends = EventKind::transfer_done;

using Story = std::vector<std::pair<EventKind, OwnFile>>;

WindowStep after(const Story& story) {
    WindowStep step = WindowStep::open;
    for (const auto& [kind, file] : story)
        step = next_step(step, kind, file);
    return step;
}

TEST(BootstrapWindow, ClosesWhenTheSealedFileWasFetchedAfterTheBinaryOne) {
    EXPECT_EQ(after({{begins, OwnFile::bootstrap},
                     {ends, OwnFile::bootstrap},
                     {begins, OwnFile::sealed},
                     {ends, OwnFile::sealed}}),
              WindowStep::closed);
}

// Some models ask for the XML first: that fetch says nothing.
TEST(BootstrapWindow, ASealedFileBeforeTheBinaryOneProvesNothing) {
    const Story boot = {{begins, OwnFile::sealed},
                        {ends, OwnFile::sealed},
                        {begins, OwnFile::bootstrap},
                        {ends, OwnFile::bootstrap}};
    EXPECT_EQ(after(boot), WindowStep::told);
    Story twice = boot;
    twice.insert(twice.end(), boot.begin(), boot.end());
    EXPECT_EQ(after(twice), WindowStep::closed) << "the second boot had the password";
}

TEST(BootstrapWindow, ASealedFileThatWasBegunBeforeProvesNothing) {
    EXPECT_EQ(
        after({{begins, OwnFile::sealed}, {ends, OwnFile::bootstrap}, {ends, OwnFile::sealed}}),
        WindowStep::told);
}

TEST(BootstrapWindow, HalfAFileProvesNothing) {
    const auto fails = EventKind::transfer_failed;
    EXPECT_EQ(after({{begins, OwnFile::bootstrap},
                     {fails, OwnFile::bootstrap},
                     {begins, OwnFile::sealed},
                     {ends, OwnFile::sealed}}),
              WindowStep::open);
    EXPECT_EQ(
        after({{ends, OwnFile::bootstrap}, {begins, OwnFile::sealed}, {fails, OwnFile::sealed}}),
        WindowStep::asked);
}

TEST(BootstrapWindow, AnotherFileOfItsOwnProvesNothing) {
    EXPECT_EQ(after({{ends, OwnFile::bootstrap}, {begins, OwnFile::other}, {ends, OwnFile::other}}),
              WindowStep::told);
}

TEST(BootstrapWindow, ReplaysOfWhatWasDoneDoNotOpenItAgain) {
    EXPECT_EQ(next_step(WindowStep::closed, ends, OwnFile::bootstrap), WindowStep::closed);
    EXPECT_EQ(next_step(WindowStep::asked, ends, OwnFile::bootstrap), WindowStep::asked);
}

TEST(BootstrapRows, SurviveARestartAndAreReplacedByANewWindow) {
    const test::TempFolder folder;
    const Mac mac = mac_of("000b82123456");
    {
        Inventory inventory(folder.path("db"), test::test_box());
        inventory.windows().open(mac, 1000);
        inventory.windows().move(mac, WindowStep::told);
        inventory.windows().open(mac_of("000b82000001"), 2000);
        inventory.windows().move(mac_of("000b82000001"), WindowStep::closed);
    }
    Inventory inventory(folder.path("db"), test::test_box());
    const auto window = inventory.windows().open_one(mac);
    ASSERT_TRUE(window);
    EXPECT_EQ(window->step, WindowStep::told);
    EXPECT_EQ(window->opened, 1000);
    EXPECT_EQ(inventory.windows().open_ones().size(), 1U);
    EXPECT_FALSE(inventory.windows().open_one(mac_of("000b82000001")));
    inventory.windows().open(mac, 3000);
    EXPECT_EQ(inventory.windows().open_one(mac)->step, WindowStep::open);
    EXPECT_EQ(inventory.windows().open_one(mac)->opened, 3000);
}

} // namespace
} // namespace plugtone
