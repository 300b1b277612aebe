#include "agent/composed_rows.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

class ComposedRowsTest : public testing::Test {
protected:
    test::TempFolder folder_;
    Inventory inventory_{folder_.path("db"), test::test_box()};
    ComposedRows& rows_ = inventory_.composed();
};

TEST_F(ComposedRowsTest, NothingHoldsBeforeItWasRecorded) {
    EXPECT_FALSE(rows_.holds("", ""));
    EXPECT_FALSE(rows_.holds("generation", "by"));
}

TEST_F(ComposedRowsTest, WhatWasRecordedLastHoldsAndNothingElse) {
    rows_.record("earlier", "by");
    rows_.record("generation", "by");
    EXPECT_TRUE(rows_.holds("generation", "by"));
    EXPECT_FALSE(rows_.holds("earlier", "by"));
    EXPECT_FALSE(rows_.holds("generation", "other"));
}

TEST_F(ComposedRowsTest, ADeviceToLookAtAgainHoldsItUpUntilItWasLookedAt) {
    const Mac one = test::mac_of("000b82123456");
    const Mac other = test::mac_of("000b82000001");
    rows_.record("generation", "by");
    rows_.look_again(one);
    rows_.look_again(one);
    EXPECT_FALSE(rows_.holds("generation", "by"));
    rows_.looked_at(Scope::of(other));
    EXPECT_FALSE(rows_.holds("generation", "by"));
    rows_.looked_at(Scope::of(one));
    EXPECT_TRUE(rows_.holds("generation", "by"));
    rows_.look_again(one);
    rows_.looked_at(Scope::all());
    EXPECT_TRUE(rows_.holds("generation", "by"));
}

} // namespace
} // namespace plugtone
