#include "agent/recorder.hpp"

#include <gmock/gmock.h>

#include "agent/operations.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::class_xml;
using test::mac_of;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* phone = "000b82123456";
constexpr const char* other = "000b82000001";

Event offered(const std::string& mac, const std::string& vendor_class,
              const std::string& message = "OFFER") {
    return {EventKind::offered,
            {{"MAC", mac}, {"MESSAGE", message}, {"VENDOR_CLASS", vendor_class}}};
}

class RecorderTest : public testing::Test {
protected:
    RecorderTest() {
        folder_.write("classes/any.xml", class_xml("any", "oui=\"000b82\""));
        folder_.write("classes/gxp.xml", class_xml("gxp", "vendor-class-prefix=\"GXP\"",
                                                   "<names config-prefix=\"gs_\"/>"));
        if (!pipeline_.start() || !pipeline_.reload())
            throw std::runtime_error("no start");
        published_.clear();
    }
    void add(const char* mac, const std::string& class_name = "") {
        ASSERT_TRUE(operations_.add_device({mac_of(mac), class_name, "", {}}));
        published_.clear();
    }
    bool serves(const std::string& name) const {
        return std::filesystem::exists(folder_.path("config/" + name));
    }

    test::TempFolder folder_;
    Inventory inventory_{folder_.path("db"), test::test_box()};
    DeviceStates states_{inventory_.database()};
    Journal journal_{inventory_.database()};
    Publisher publisher_{folder_.path(), Sealer(test::test_box(), "")};
    std::vector<std::string> published_;
    std::vector<Scope> scopes_;
    Pipeline pipeline_{inventory_,
                       publisher_,
                       states_,
                       {{folder_.path("classes")}, {}},
                       [this](Generation, const std::string& what, const Scope& scope) {
                           published_.push_back(what);
                           scopes_.push_back(scope);
                       }};
    Operations operations_{pipeline_};
    Recorder recorder_{journal_, states_, pipeline_};
};

TEST_F(RecorderTest, KeepsEventsAndMovesStates) {
    add(phone);
    recorder_.record(
        {offered(phone, ""), {EventKind::leased, {{"MAC", phone}, {"IP", "192.0.2.7"}}}},
        1700000000);
    const auto entries = journal_.of(mac_of(phone), 10);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[1].event.kind, EventKind::leased);
    EXPECT_EQ(entries[1].time, 1700000000);
    EXPECT_EQ(states_.of(mac_of(phone)), (DeviceState{State::leased, "192.0.2.7", "", 1700000000}));
    EXPECT_THAT(published_, IsEmpty());
}

TEST_F(RecorderTest, AnEventOfNobodyIsKeptAllTheSame) {
    recorder_.record({{EventKind::transfer_refused, {{"OWNER", phone}, {"PEER", "192.0.2.9"}}}}, 1);
    EXPECT_EQ(journal_.of(mac_of(phone), 10).size(), 1U);
    EXPECT_EQ(states_.of(mac_of(phone)), DeviceState{});
}

TEST_F(RecorderTest, ARecognisedDeviceIsPublishedAnew) {
    add(phone);
    EXPECT_TRUE(serves("@/cfg000b82123456.xml"));
    EXPECT_FALSE(serves("gs_@/cfg000b82123456.xml"));
    recorder_.record({offered(phone, "GXP2160")}, 1);
    EXPECT_THAT(published_, ElementsAre("device 000b82123456 recognised as gxp"));
    EXPECT_EQ(scopes_.back().devices, std::set{mac_of(phone)});
    EXPECT_FALSE(scopes_.back().everything);
    EXPECT_TRUE(serves("gs_@/cfg000b82123456.xml"));
    EXPECT_TRUE(serves("@/cfg000b82123456.xml")) << "it asks there when it has been reset";
}

TEST_F(RecorderTest, ARecognisedDeviceIsNoChangeOfTheOperators) {
    add(phone);
    recorder_.record({offered(phone, "GXP2160")}, 1);
    EXPECT_EQ(*pipeline_.undo(), "device add 000b82123456");
}

TEST_F(RecorderTest, AClassThatTheOperatorNamedStays) {
    add(phone, "gxp");
    std::filesystem::remove(folder_.path("config/@/cfg.xml"));
    recorder_.record({offered(phone, "other")}, 1);
    EXPECT_THAT(published_, IsEmpty()) << "a publish would have mended the tree";
    EXPECT_TRUE(serves("gs_@/cfg000b82123456.xml"));
}

TEST_F(RecorderTest, AnUnknownDeviceIsRememberedForWhenItIsAdded) {
    recorder_.record({offered(phone, "GXP2160")}, 1);
    EXPECT_THAT(published_, IsEmpty());
    add(phone);
    EXPECT_TRUE(serves("gs_@/cfg000b82123456.xml"));
}

// Anybody on the wire can send any option 60 with any MAC.
TEST_F(RecorderTest, ManyRecognisedAtOnceAreOnePublish) {
    add(phone);
    add(other);
    recorder_.record({offered(phone, "GXP1"), offered(other, "GXP2"), offered(phone, "x"),
                      offered(phone, "GXP3")},
                     1);
    EXPECT_THAT(published_, ElementsAre("device 000b82000001 recognised as gxp and 1 more"));
    EXPECT_TRUE(serves("gs_@/cfg000b82123456.xml"));
    EXPECT_TRUE(serves("gs_@/cfg000b82000001.xml"));
}

TEST_F(RecorderTest, AnotherTextOfTheSameClassBuildsNothing) {
    add(phone);
    recorder_.record({offered(phone, "GXP1")}, 1);
    published_.clear();
    std::filesystem::remove(folder_.path("config/@/cfg.xml"));
    recorder_.record({offered(phone, "GXP2")}, 2);
    recorder_.record({offered(phone, "x"), offered(phone, "GXP2")}, 3);
    EXPECT_THAT(published_, IsEmpty()) << "a publish would have mended the tree";
}

} // namespace
} // namespace plugtone
