#include "tftpd/binding_cache.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "temporary_tree.hpp"

namespace plugtone::tftpd {
namespace {

const Mac mine = Mac::parse("000b82000001").value();
const Mac other = Mac::parse("000b82000002").value();
const Ipv4 address{0xC0000205};

struct Fixture {
    Fixture() { tree.folder("bindings"); }
    void lease(const Mac& mac) const {
        ASSERT_TRUE(write_binding(tree.path("bindings"), {address, mac, never_expires}));
    }
    std::optional<Mac> holder() {
        cache.refresh(now);
        const auto found = cache.find(address);
        EXPECT_TRUE(found);
        return found && *found ? std::optional((*found)->mac) : std::nullopt;
    }
    TemporaryTree tree;
    BindingCache::TimePoint now = BindingCache::TimePoint(std::chrono::hours(1));
    BindingCache cache{tree.path("bindings")};
};

TEST(BindingCache, SeesEveryChangeAtTheNextRound) {
    Fixture f;
    EXPECT_FALSE(f.holder());
    for (int count = 0; count < 50; ++count) {
        f.lease(mine);
        EXPECT_EQ(f.holder(), mine);
        EXPECT_EQ(f.holder(), mine); // by now from memory
        f.lease(other);
        EXPECT_EQ(f.holder(), other);
        ASSERT_TRUE(remove_binding(f.tree.path("bindings"), address));
        EXPECT_FALSE(f.holder());
    }
}

TEST(BindingCache, ReadsTheDiskAtEachRequestWhereTheFolderIsNotThere) {
    Fixture f;
    std::filesystem::remove(f.tree.path("bindings"));
    EXPECT_FALSE(f.holder());
    f.tree.folder("bindings");
    f.lease(mine);
    EXPECT_EQ(f.holder(), mine);
    std::filesystem::rename(f.tree.path("bindings"), f.tree.path("elsewhere"));
    EXPECT_FALSE(f.holder());
    f.tree.folder("bindings");
    f.lease(other);
    EXPECT_EQ(f.holder(), other);
}

TEST(BindingCache, BelievesNothingForLongerThanASecond) {
    Fixture f;
    f.lease(mine);
    EXPECT_EQ(f.holder(), mine);
    f.now += std::chrono::seconds(2);
    EXPECT_EQ(f.holder(), mine);
}

} // namespace
} // namespace plugtone::tftpd
