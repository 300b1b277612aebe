#include "phone/provisioning.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plugtone {
namespace {

using testing::ElementsAre;

const Mac mac = Mac::parse("000B82123456").value();

// Runs the flow against these answers; what is not among them is absent.
struct Story {
    std::vector<std::string> asked;
    Outcome outcome;
};
Story run(std::vector<std::pair<std::string, FileResult>> answers,
          const std::vector<std::string>& firmware = {},
          const std::vector<std::string>& also = {}) {
    ProvisioningFlow flow(mac, firmware, also);
    std::vector<std::string> asked;
    while (const auto request = flow.next()) {
        asked.push_back(request->name);
        FileResult result = FileResult::absent;
        for (const auto& [name, answer] : answers)
            if (name == request->name)
                result = answer;
        flow.on_result(result);
    }
    return {asked, flow.outcome()};
}

TEST(ProvisioningFlow, EndsAfterItsOwnXml) {
    const Story seen = run({{"cfg000b82123456.xml", FileResult::ok}});
    EXPECT_THAT(seen.asked, ElementsAre("cfg000b82123456", "cfg000b82123456.xml"));
    EXPECT_EQ(seen.outcome, Outcome::configured);
}

TEST(ProvisioningFlow, AsksForTheXmlAfterTheBinaryFileToo) {
    const Story seen =
        run({{"cfg000b82123456", FileResult::ok}, {"cfg000b82123456.xml", FileResult::ok}});
    EXPECT_THAT(seen.asked, ElementsAre("cfg000b82123456", "cfg000b82123456.xml"));
    EXPECT_EQ(seen.outcome, Outcome::configured);
}

TEST(ProvisioningFlow, FallsBackToTheGenericFile) {
    for (const FileResult own : {FileResult::absent, FileResult::refused, FileResult::failed}) {
        const Story seen = run({{"cfg000b82123456.xml", own}, {"cfg.xml", FileResult::ok}});
        EXPECT_THAT(seen.asked, ElementsAre("cfg000b82123456", "cfg000b82123456.xml", "cfg.xml"));
        EXPECT_EQ(seen.outcome, Outcome::generic);
    }
}

TEST(ProvisioningFlow, DoesNotFallBackWhenTheFileCameButIsUnusable) {
    const Story seen =
        run({{"cfg000b82123456.xml", FileResult::rejected}, {"cfg.xml", FileResult::ok}});
    EXPECT_THAT(seen.asked, ElementsAre("cfg000b82123456", "cfg000b82123456.xml"));
    EXPECT_EQ(seen.outcome, Outcome::failed);
}

TEST(ProvisioningFlow, FailsWithoutAnyFile) {
    EXPECT_EQ(run({}).outcome, Outcome::failed);
    EXPECT_EQ(run({{"cfg.xml", FileResult::rejected}}).outcome, Outcome::failed);
}

TEST(ProvisioningFlow, IsConfiguredByTheBinaryFileAlone) {
    EXPECT_EQ(run({{"cfg000b82123456", FileResult::ok}}).outcome, Outcome::configured);
    EXPECT_EQ(run({{"cfg000b82123456", FileResult::rejected}, {"cfg.xml", FileResult::ok}}).outcome,
              Outcome::failed);
}

TEST(ProvisioningFlow, FetchesTheRestAtTheEndWithoutJudgingIt) {
    const Story seen = run({{"cfg000b82123456.xml", FileResult::ok}}, {"fw1.bin", "fw2.bin"},
                           {"cfg000b82aabbcc.xml"});
    EXPECT_THAT(seen.asked, ElementsAre("cfg000b82123456", "cfg000b82123456.xml", "fw1.bin",
                                        "fw2.bin", "cfg000b82aabbcc.xml"));
    EXPECT_EQ(seen.outcome, Outcome::configured);
    EXPECT_EQ(run({{"fw1.bin", FileResult::ok}}, {"fw1.bin"}).outcome, Outcome::failed);
}

} // namespace
} // namespace plugtone
