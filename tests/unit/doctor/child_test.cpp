#include "agent/doctor/child.hpp"

#include <gmock/gmock.h>

namespace plugtone::doctor {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::seconds long_enough{60};

TEST(Child, PrintsAndEndsWithAStatus) {
    const auto end =
        run_child({"sh", "-c", "echo told; echo hidden >&2; cat; exit 3"}, long_enough);
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(end->output, "told\n");
    EXPECT_EQ(end->status, 3);
}

TEST(Child, ThatASignalEndsSaysSo) {
    const auto end = run_child({"sh", "-c", "kill -9 $$"}, long_enough);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->status, 128 + 9);
}

TEST(Child, ThatIsNotThereIsRefused) {
    const auto end = run_child({"/nonexistent/program"}, long_enough);
    ASSERT_FALSE(end);
    EXPECT_THAT(end.error().message, StartsWith("cannot run /nonexistent/program"));
}

TEST(Child, ThatDoesNotEndIsAskedTo) {
    const auto end = run_child({"sh", "-c", "exec sleep 60"}, std::chrono::milliseconds(50));
    ASSERT_FALSE(end);
    EXPECT_THAT(end.error().message, HasSubstr("did not end within 50 ms"));
}

TEST(Child, ThatPrintsWithoutEndIsStopped) {
    const auto end = run_child({"sh", "-c", "exec yes"}, long_enough);
    ASSERT_FALSE(end);
    EXPECT_THAT(end.error().message, HasSubstr("more than 1 MiB"));
}

} // namespace
} // namespace plugtone::doctor
