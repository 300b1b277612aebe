#include "agent/resync_targets.hpp"

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ResyncTargets : public testing::Test {
protected:
    ResyncTargets() {
        gxp_.name = "gxp";
        ht_.name = "ht";
        ht_.resync = {5080, "resync"};
        add("000b82000001", &gxp_, State::outdated);
        add("000b82000002", &ht_, State::up_to_date);
        add("000b82000003", nullptr, State::outdated);
        add("000b82000004", &gxp_, State::outdated, "");
    }
    void add(const char* mac, const DeviceClass* device_class, State state,
             const std::string& address = "192.0.2.7") {
        ResyncCandidate& device = devices_[mac_of(mac)];
        device.device_class = device_class;
        device.state.journey.state = state;
        device.state.address = address;
    }
    std::vector<std::string> chosen(const std::vector<std::string>& macs,
                                    const std::string& which) {
        std::vector<std::string> texts;
        const auto choice = choose_for_resync(devices_, macs, which);
        EXPECT_TRUE(choice);
        for (const ResyncTarget& target : choice->targets)
            texts.push_back(target.mac.text() + " " + target.phone.text() + " " + target.event);
        for (const auto& [mac, why] : choice->skipped)
            texts.push_back(mac.text() + " " + why);
        return texts;
    }

    DeviceClass gxp_;
    DeviceClass ht_;
    std::map<Mac, ResyncCandidate> devices_;
};

TEST_F(ResyncTargets, AreThoseThatAreNamed) {
    EXPECT_THAT(chosen({"00:0b:82:00:00:02"}, ""),
                ElementsAre("000b82000002 192.0.2.7:5080 resync"));
    EXPECT_THAT(chosen({}, ""), IsEmpty());
    EXPECT_THAT(chosen({"000b82000002"}, "class gxp"),
                ElementsAre("000b82000001 192.0.2.7:5060 check-sync",
                            "000b82000002 192.0.2.7:5080 resync",
                            "000b82000004 it has no lease that we know of"));
}

TEST_F(ResyncTargets, AreThoseThatAreOutdatedOrAll) {
    EXPECT_THAT(chosen({}, "outdated"),
                ElementsAre("000b82000001 192.0.2.7:5060 check-sync",
                            "000b82000003 no class recognises it",
                            "000b82000004 it has no lease that we know of"));
    EXPECT_EQ(chosen({}, "all").size(), 4U);
}

TEST_F(ResyncTargets, RefusesWhatIsNobody) {
    EXPECT_EQ(choose_for_resync(devices_, {"000b82999999"}, "").error().kind, ErrorKind::not_found);
    EXPECT_EQ(choose_for_resync(devices_, {"x"}, "").error().kind, ErrorKind::invalid);
    EXPECT_THAT(choose_for_resync(devices_, {}, "some").error().message,
                HasSubstr("want 'all', 'outdated' or 'class NAME', got 'some'"));
}

} // namespace
} // namespace plugtone
