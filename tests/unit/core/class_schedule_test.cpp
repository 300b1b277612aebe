#include "core/classes/class_schedule.hpp"

#include <gmock/gmock.h>

#include "core/classes/class_file.hpp"

namespace plugtone {
namespace {

using testing::HasSubstr;

Result<std::vector<DeviceClass>> read(const std::string& schedule,
                                      const std::string& family = "gxp") {
    const std::string text = "<device-classes vendor='v'><class name='a' family='" + family +
                             "'><match oui='000b82'/><offer url='http://{server}'/>" + schedule +
                             "</class></device-classes>";
    return parse_class_file("f.xml", as_bytes(text));
}

std::string refusal(const std::string& schedule, const std::string& family = "gxp") {
    const auto refused = read(schedule, family);
    return refused ? "taken" : refused.error().message;
}

TEST(ClassSchedule, ReadsAnIntervalOrAWindow) {
    const auto often = read("<schedule interval='1440'/>");
    ASSERT_TRUE(often) << often.error().message;
    EXPECT_EQ(often->front().schedule, (Schedule{1440, {}}));
    const auto nightly = read("<schedule window='1-5'/>");
    ASSERT_TRUE(nightly) << nightly.error().message;
    EXPECT_EQ(nightly->front().schedule, (Schedule{{}, std::pair(1U, 5U)}));
    EXPECT_FALSE(read("")->front().schedule);
}

TEST(ClassSchedule, RefusesWhatIsNone) {
    for (const char* text : {"<schedule/>", "<schedule interval='1440' window='1-5'/>"})
        EXPECT_THAT(refusal(text), HasSubstr("one of them")) << text;
    for (const char* text : {"119", "57601", "x", "-1"})
        EXPECT_THAT(refusal("<schedule interval='" + std::string(text) + "'/>"),
                    HasSubstr("f.xml:1: interval: want 120 to 57600 minutes"))
            << text;
    for (const char* text : {"5", "5-1", "1-24", "a-b", "-", "1-5-7"})
        EXPECT_THAT(refusal("<schedule window='" + std::string(text) + "'/>"),
                    HasSubstr("window: want hours as in 1-5"))
            << text;
    EXPECT_THAT(refusal("<schedule every='1'/>"), HasSubstr("every"));
    EXPECT_THAT(refusal("<schedule interval='1440'/>", ""), HasSubstr("is not known"));
    EXPECT_THAT(refusal("<schedule window='1-5'/>", "legacy"), HasSubstr("is not known"));
    EXPECT_THAT(refusal("<schedule interval='1440'/><schedule interval='1440'/>"),
                HasSubstr("stands twice"));
}

TEST(ClassResync, ReadsPortAndEvent) {
    EXPECT_EQ(read("")->front().resync, (ResyncRule{5060, "check-sync"}));
    const auto other = read("<resync port='5080' event='resync'/>");
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_EQ(other->front().resync, (ResyncRule{5080, "resync"}));
}

TEST(ClassResync, RefusesWhatWouldMakeAnotherMessageOfIt) {
    for (const char* port : {"0", "65536", "x", ""})
        EXPECT_THAT(refusal("<resync port='" + std::string(port) + "'/>"), HasSubstr("port: want"));
    for (const char* event : {"", "a b", "a&#13;&#10;Evil: x", "a;b"})
        EXPECT_THAT(refusal("<resync event='" + std::string(event) + "'/>"),
                    HasSubstr("event: want"));
    EXPECT_THAT(refusal("<resync to='x'/>"), HasSubstr("to"));
}

} // namespace
} // namespace plugtone
