#include "agent/rollout_rows.hpp"

#include <gmock/gmock.h>

#include "agent/inventory.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

TEST(RolloutRows, GiveBackAllThatARolloutIs) {
    const test::TempFolder folder;
    Inventory inventory(folder.path("plugtone.db"), test::test_box());
    RolloutRows rows(inventory.database());
    std::vector<Firmware> firmware(2);
    firmware[0].id = 1;
    firmware[0].version = FirmwareVersion::parse("1.0.5").value();
    firmware[1].id = 2;
    firmware[1].version = FirmwareVersion::parse("1.0.9").value();
    RolloutPlan plan;
    plan.id = rows.next_id();
    plan.target = {2, firmware[1].version, firmware[1].version};
    plan.stones = {{1, firmware[0].version, FirmwareVersion::parse("1.0.4").value()}};
    plan.class_name = "gxp";
    plan.rings = Rings::parse("canary 000b82000001;100%").value();
    plan.quiet_hours = QuietHours::parse("22:00-06:00").value();
    plan.downloads_max = 3;
    plan.hearing_max = 99;
    plan.started = 7;
    std::vector<Member> members(2);
    members[0].mac = test::mac_of("000b82000009"); // not in the order of addresses
    members[1].mac = test::mac_of("000b82000001");
    members[1].ring = 1;
    const Rollout before(plan, {RolloutState::running, "", 0, 7}, members);
    rows.add(before);
    members[0] = {members[0].mac, 0, MemberState::failed, 2, 1, 8, true, true, 2, "1.0.4", "why"};
    const Rollout after(plan, {RolloutState::halted, "why", 1, 8}, members);
    rows.change(before, after, {{members[0].mac, 2}}, 5);

    const auto all = rows.all(firmware);
    ASSERT_EQ(all.size(), 1U);
    const Rollout& found = all.at(1);
    EXPECT_EQ(found.progress(), after.progress());
    EXPECT_EQ(found.members(), after.members());
    EXPECT_EQ(found.plan().stones.at(0).below, plan.stones[0].below);
    EXPECT_EQ(found.plan().rings, plan.rings);
    EXPECT_EQ(found.plan().quiet_hours, plan.quiet_hours);
    EXPECT_EQ(found.plan().downloads_max, 3U);
    EXPECT_EQ(found.plan().hearing_max, 99);
    EXPECT_EQ(found.plan().class_name, "gxp");
    EXPECT_EQ(inventory.pins().all().rollouts.at(members[0].mac).since, 5);
    EXPECT_EQ(rows.next_id(), 2);
    EXPECT_TRUE(rows.all({firmware[0]}).empty()) << "its firmware was removed";
}

} // namespace
} // namespace plugtone
