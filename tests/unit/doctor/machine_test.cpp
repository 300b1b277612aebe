#include "agent/doctor/machine.hpp"

#include <ctime>

#include <gmock/gmock.h>

namespace plugtone::doctor {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST(Machine, ItsOwnAddressesAreNotTheLoopbacks) {
    EXPECT_THAT(own_addresses(), Not(Contains(testing::StartsWith("127."))));
}

TEST(Machine, KnowsALinkAndWhetherItIsThere) {
    EXPECT_TRUE(link_of("lo").is_there);
    EXPECT_FALSE(link_of("nonexistent0").is_there);
    EXPECT_FALSE(link_of("a-name-that-no-interface-can-have").is_there);
}

TEST(Machine, CountsWhatADiskHas) {
    const auto disk = disk_of("/");
    ASSERT_TRUE(disk) << disk.error().message;
    EXPECT_EQ(disk->path, "/");
    EXPECT_GT(disk->size_bytes, disk->free_bytes);
    const auto none = disk_of("/nonexistent/folder");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, HasSubstr("/nonexistent/folder"));
}

TEST(Machine, ReadsItsClock) {
    const std::int64_t before = std::time(nullptr);
    const Clocks clocks = clocks_of(7);
    EXPECT_GE(clocks.now, before);
    EXPECT_EQ(clocks.published, 7);
}

} // namespace
} // namespace plugtone::doctor
