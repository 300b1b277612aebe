#include "agent/enrolment_findings.hpp"

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr long long start = 1'700'000'000;
constexpr long long hour = 3600;

class EnrolmentFindingsTest : public testing::Test {
protected:
    EnrolmentFindingsTest() {
        class_.name = "gxp";
        class_.bootstrap = {BootstrapRule::binary, 24 * hour};
        inventory_.record({1, 0, "add"}, true);
        inventory_.adopt(1, {test::device_of("000b82123456")}, start);
    }
    std::vector<Finding> findings(long long now) {
        return enrolment_findings(
            inventory_, [this](const Device&) { return &class_; }, shortest_s_, now);
    }

    test::TempFolder folder_;
    Inventory inventory_{folder_.path("db"), test::test_box()};
    DeviceClass class_;
    long long shortest_s_ = hour;
    const Mac mac_ = mac_of("000b82123456");
};

TEST_F(EnrolmentFindingsTest, AWindowThatStaysOpenIsOne) {
    EXPECT_THAT(findings(start + 24 * hour), IsEmpty());
    const auto found = findings(start + 25 * hour);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].severity, Severity::warning);
    EXPECT_EQ(found[0].mac, mac_);
    EXPECT_THAT(found[0].text, HasSubstr("open for 25 hours"));
    EXPECT_THAT(found[0].text, HasSubstr("want 1d at most"));
}

TEST_F(EnrolmentFindingsTest, IsOnlyLookedForWhereAnyClassWouldMindIt) {
    int asked = 0;
    const auto count = [&](const Device&) {
        ++asked;
        return &class_;
    };
    EXPECT_THAT(enrolment_findings(inventory_, count, hour, start + hour), IsEmpty());
    EXPECT_EQ(asked, 0) << "ten thousand of them are there after an import";
    EXPECT_THAT(enrolment_findings(inventory_, count, hour, start + 2 * hour), IsEmpty());
    EXPECT_EQ(asked, 1);
}

TEST_F(EnrolmentFindingsTest, AClosedOneIsNone) {
    inventory_.windows().move(mac_, WindowStep::closed);
    EXPECT_THAT(findings(start + 1000 * hour), IsEmpty());
}

TEST_F(EnrolmentFindingsTest, NorIsOneOfAClassWithoutWindows) {
    class_.bootstrap.rule = BootstrapRule::certificate;
    EXPECT_THAT(findings(start + 1000 * hour), IsEmpty());
}

TEST_F(EnrolmentFindingsTest, NorOneOfADeviceThatWasRemoved) {
    inventory_.remove_device(2, mac_);
    EXPECT_THAT(findings(start + 1000 * hour), IsEmpty());
}

TEST_F(EnrolmentFindingsTest, AnImportedFileCannotBringIt) {
    inventory_.set_vendor_file(1, mac_, as_bytes("x"));
    const auto found = findings(start);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].severity, Severity::note);
}

TEST_F(EnrolmentFindingsTest, APasswordThatIsNotTakenIsOne) {
    inventory_.windows().move(mac_, WindowStep::closed);
    inventory_.rotations().begin(mac_, {"", "_k1", Secret("Password2"), start});
    EXPECT_THAT(findings(start + 24 * hour), IsEmpty());
    const auto found = findings(start + 24 * hour + 60);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0].text, HasSubstr("has not taken it"));
    inventory_.rotations().finish(mac_);
    EXPECT_THAT(findings(start + 1000 * hour), IsEmpty());
}

} // namespace
} // namespace plugtone
