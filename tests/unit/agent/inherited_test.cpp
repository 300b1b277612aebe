#include "agent/inherited.hpp"

#include <gmock/gmock.h>

#include "core/classes/known_parameters.hpp"
#include "tests/unit/agent/running_agent.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using test::name_of;
using test::other_phone;
using test::phone;
using testing::HasSubstr;
using testing::Not;

class InheritedTest : public test::RunningAgent {
protected:
    InheritedTest() {
        folder_.write("classes/gxp.xml",
                      test::class_xml("gxp", "vendor-class=\"GXP\"", "<schedule interval=\"720\"/>",
                                      "", "gxp"));
        EXPECT_TRUE(pipeline_->reload());
    }
    // "value (layer)"; empty: it is not set.
    std::string composed(const char* number, const char* mac = phone) {
        const auto device = inventory_->device(mac_of(mac));
        const Composition all = pipeline_->composition_of(*device);
        const auto found = all.find(name_of(number));
        return found == all.end() ? ""
                                  : found->second.value + " (" +
                                        std::string(layer_name(found->second.layer)) + ")";
    }
    std::string all_findings() {
        std::string text;
        for (const Finding& finding : pipeline_->lint())
            text += std::string(severity_name(finding.severity)) + " " + finding.text + "\n";
        return text;
    }
};

TEST_F(InheritedTest, EachDeviceAsksInAMinuteOfItsOwnAndKeepsIt) {
    add(phone);
    add(other_phone);
    EXPECT_EQ(composed("P193"), "360 (schedule)");
    EXPECT_EQ(composed("P193", other_phone), "720 (schedule)");
    EXPECT_EQ(composed("P194"), "1 (schedule)");
    ASSERT_TRUE(operations_->remove_device(mac_of(phone)));
    ASSERT_TRUE(set({{"P47", "sip.example.net"}}, other_phone));
    ASSERT_TRUE(pipeline_->reload());
    EXPECT_EQ(composed("P193", other_phone), "720 (schedule)");
    const auto files = live_files();
    restart();
    EXPECT_EQ(live_files(), files);
}

TEST_F(InheritedTest, HowFarADeviceIsWithItsPasswordIsTheSameInALookAtOneAndAtAll) {
    add();
    add(other_phone);
    inventory_->rotations().begin(mac_of(phone), {"", "_k1", Secret("Password2"), 1});
    inventory_->windows().move(mac_of(other_phone), WindowStep::closed);
    const DeviceClass& gxp = *pipeline_->classes().find("gxp");
    for (const char* mac : {phone, other_phone})
        for (const Scope& scope : {Scope::all(), Scope::of(mac_of(mac))}) {
            const DeviceFacts facts = Inherited(*inventory_, scope, false)
                                          .facts_of(*inventory_->device(mac_of(mac)), gxp, {}, {});
            EXPECT_EQ(facts.window_open, mac == phone);
            ASSERT_EQ(facts.rotation.has_value(), mac == phone);
            if (facts.rotation) {
                EXPECT_EQ(facts.rotation->postfix, "_k1");
            }
        }
}

TEST_F(InheritedTest, WhatIsSetOverridesTheSchedule) {
    add();
    ASSERT_TRUE(operations_->set_shared(of_site, {{"P194", "0"}}, false));
    EXPECT_EQ(composed("P194"), "0 (site)");
    EXPECT_EQ(composed("P193"), "360 (schedule)");
    ASSERT_TRUE(set({{"P193", "600"}}));
    EXPECT_EQ(composed("P193"), "600 (device)");
}

TEST_F(InheritedTest, ALookGivesNoSlot) {
    add();
    const Device device = *inventory_->device(mac_of(phone));
    Inherited look(*inventory_, Scope::all(), false);
    const DeviceClass& gxp = *pipeline_->classes().find("gxp");
    EXPECT_TRUE(look.compose_for(mac_of(phone), gxp, {}).contains(known::poll_mode));
    EXPECT_FALSE(look.compose_for(mac_of(other_phone), gxp, {}).contains(known::poll_mode));
    EXPECT_FALSE(PollSlots(inventory_->database()).find(mac_of(other_phone), "gxp"));
}

TEST_F(InheritedTest, ARedirectionIsInTheFilesOfItsRangeUntilItEnds) {
    add(phone, "gxp", {{"P237", "own.example.net"}});
    add(other_phone);
    const auto before = live_files();
    ASSERT_TRUE(operations_->add_redirect("000b82123400-000b821234ff", "https://p.example.net/gs"));
    EXPECT_EQ(scopes_.back().devices, std::set{mac_of(phone)});
    EXPECT_EQ(composed("P237"), "p.example.net/gs (redirect)");
    EXPECT_EQ(composed("P212"), "2 (redirect)");
    EXPECT_EQ(composed("P237", other_phone), "");
    EXPECT_NE(live_files().at("@/cfg000b82123456.xml"), before.at("@/cfg000b82123456.xml"));
    EXPECT_EQ(live_files().at("@/cfg000b82000001.xml"), before.at("@/cfg000b82000001.xml"));
    ASSERT_TRUE(pipeline_->undo());
    EXPECT_EQ(live_files().at("@/cfg000b82123456.xml"), before.at("@/cfg000b82123456.xml"));
    ASSERT_TRUE(operations_->add_redirect("000b82123456", "http://q.example.net"));
    EXPECT_EQ(composed("P237"), "q.example.net (redirect)");
    ASSERT_TRUE(operations_->remove_redirect("000b82123456"));
    EXPECT_EQ(composed("P237"), "own.example.net (device)");
}

TEST_F(InheritedTest, LintComparesWithWhereTheDeviceIsSent) {
    add(phone, "gxp", {{"P192", "elsewhere.example.net"}});
    ASSERT_TRUE(operations_->add_redirect(phone, "https://p.example.net/gs"));
    const std::string redirected = all_findings();
    EXPECT_THAT(redirected, Not(HasSubstr("P237")));
    EXPECT_THAT(redirected, Not(HasSubstr("2 is https")));
    EXPECT_THAT(redirected, HasSubstr("'elsewhere.example.net' is not where its redirection's URL "
                                      "https://p.example.net/gs leads"));
}

TEST_F(InheritedTest, LintTellsOfARedirectionThatOnlyDhcpCanTell) {
    add();
    ASSERT_TRUE(operations_->add_redirect(phone, "http://{server}/other"));
    EXPECT_EQ(composed("P237"), "");
    EXPECT_THAT(all_findings(), HasSubstr("warning redirection to http://{server}/other: {server} "
                                          "is known to DHCP only"));
}

} // namespace
} // namespace plugtone
