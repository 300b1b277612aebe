#include "agent/doctor/findings.hpp"

#include <gmock/gmock.h>

namespace plugtone::doctor {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

// "error dhcp", in order.
std::vector<std::string> told(const Findings& findings) {
    std::vector<std::string> all;
    for (const Finding& finding : findings)
        all.push_back(std::string(severity_name(finding.severity)) + " " + finding.check);
    return all;
}

auto says(Severity severity, const std::string& text) {
    return Contains(AllOf(Field(&Finding::severity, severity),
                          Field(&Finding::text, HasSubstr(text)),
                          Field(&Finding::advice, testing::Not(""))));
}

TEST(Doctor, AHealthyAgentIsOneGoodFinding) {
    const json status = {{"generation", 3},  {"devices", 2},        {"problems", json::array()},
                         {"lost_events", 0}, {"dropped_events", 0}, {"stuck", 0}};
    EXPECT_THAT(told(check_status(status)), ElementsAre("ok agent"));
}

TEST(Doctor, WhatTheAgentKnowsToBeWrongIsFound) {
    const json status = {{"generation", 0},
                         {"problems", {"x.xml:1: bad"}},
                         {"stuck", 2},
                         {"lost_events", 5},
                         {"dropped_events", 7}};
    const Findings findings = check_status(status);
    EXPECT_THAT(findings, says(Severity::error, "nothing is published"));
    EXPECT_THAT(findings, says(Severity::error, "x.xml:1: bad"));
    EXPECT_THAT(findings, says(Severity::warning, "2 phones are stuck"));
    EXPECT_THAT(findings, says(Severity::error, "5 events"));
    EXPECT_THAT(findings, says(Severity::note, "7 events"));
}

TEST(Doctor, KeasHookAnswersOrIsNotLoaded) {
    EXPECT_THAT(told(check_kea({{"classes", 10}})), ElementsAre("ok kea"));
    EXPECT_THAT(check_kea(json(), "Kea did not answer within 2 s"),
                says(Severity::error, "does not answer: Kea did not answer within 2 s"));
    EXPECT_THAT(check_kea(json()), says(Severity::note, "no Kea to ask"));
    EXPECT_THAT(check_kea({{"classes", 0}}), says(Severity::error, "no device classes"));
}

TEST(Doctor, KeasOwnTroubleIsFound) {
    const Findings findings = check_kea({{"classes", 10},
                                         {"problems", {"bad.xml:3: no"}},
                                         {"conflicts", {"option 66 is set in subnet 1"}},
                                         {"last-refused-reload", "bad.xml:3: no"},
                                         {"bindings-failed", 2},
                                         {"last-error", "no space"}});
    EXPECT_THAT(findings, says(Severity::error, "bad.xml:3"));
    EXPECT_THAT(findings, says(Severity::warning, "option 66 is set"));
    EXPECT_THAT(findings, says(Severity::warning, "refused its last reload"));
    EXPECT_THAT(findings, says(Severity::warning, "2 bindings could not be written: no space"));
}

TEST(Doctor, ALeaseThatIsNoBindingIsFound) {
    EXPECT_THAT(check_bindings(3, 3), IsEmpty());
    EXPECT_THAT(check_bindings(3, 4), says(Severity::error, "could not be written"));
}

TEST(Doctor, SettingsThatLintWouldNameAreCounted) {
    EXPECT_THAT(check_lint({}), IsEmpty());
    EXPECT_THAT(check_lint({"note"}), IsEmpty());
    EXPECT_THAT(check_lint({"error", "warning", "warning"}),
                says(Severity::warning, "1 errors and 2 warnings"));
}

TEST(Doctor, AWireThatNoPhoneCanBeTriedAtIsFound) {
    EXPECT_THAT(check_link("lan0", {true, true, true}), IsEmpty());
    EXPECT_THAT(check_link("lan0", {}), says(Severity::error, "no interface lan0"));
    EXPECT_THAT(check_link("lan0", {true, false, false}), says(Severity::error, "lan0 is down"));
    EXPECT_THAT(check_link("lan0", {true, true, false}), says(Severity::warning, "no carrier"))
        << "an appliance without a cable is none that is broken";
}

TEST(Doctor, AnotherDhcpServerIsFound) {
    const json ours = {{"server", "192.0.2.1"}, {"sender", "020000000001"}};
    const json rogue = {
        {"server", "192.0.2.66"}, {"sender", "02000000beef"}, {"option_66", "http://evil"}};
    EXPECT_THAT(told(check_offers({{"offers", {ours}}}, {{"192.0.2.1"}, {}})),
                ElementsAre("ok dhcp"));
    const Findings both = check_offers({{"offers", {rogue, ours}}}, {{"192.0.2.1"}, {}});
    EXPECT_THAT(told(both), ElementsAre("ok dhcp", "error dhcp"));
    EXPECT_THAT(both, says(Severity::error, "192.0.2.66 (02000000beef), which sends phones to "
                                            "http://evil"));
    EXPECT_THAT(check_offers(json::object(), {{"192.0.2.1"}, {}}),
                says(Severity::error, "our Kea offers no address"));
    EXPECT_THAT(told(check_offers({{"offers", {rogue}}}, {{"192.0.2.1"}, {"192.0.2.66"}})),
                ElementsAre("note dhcp"))
        << "a partner of ours answers in our place";
}

json good_report() {
    return {{"lease", {{"server", "192.0.2.1"}}},
            {"address", "192.0.2.50"},
            {"server", "http://192.0.2.1"},
            {"options", {{"66", {{"hex", "61"}, {"text", "a"}}}}},
            {"steps", {{{"name", "cfg.xml"}, {"kind", "generic"}, {"result", "ok"}}}}};
}
const json expected = {{"class", "gxp"},
                       {"options", {{{"code", 66}, {"hex", "61"}, {"text", "a"}}}}};

TEST(Doctor, APhoneThatGetsAllIsThreeGoodFindings) {
    EXPECT_THAT(told(check_phone(good_report(), expected)),
                ElementsAre("ok lease", "ok options", "ok files"));
}

TEST(Doctor, APhoneIsServedOnceItHasAFile) {
    EXPECT_TRUE(was_served(good_report()));
    json report = good_report();
    report["steps"][0]["result"] = "absent";
    EXPECT_FALSE(was_served(report));
    report = good_report();
    report["lease"] = nullptr;
    EXPECT_FALSE(was_served(report));
    EXPECT_FALSE(was_served(json()));
}

TEST(Doctor, OnlyOptionsThatAPhoneFollowsAreCompared) {
    json wants = expected;
    wants["options"].push_back({{"code", 160}, {"hex", "62"}, {"text", "b"}});
    EXPECT_THAT(told(check_phone(good_report(), wants)),
                ElementsAre("ok lease", "ok options", "ok files"));
    wants["class"] = "";
    EXPECT_THAT(told(check_phone(good_report(), wants)), ElementsAre("ok lease", "ok files"));
}

TEST(Doctor, WhereAPhoneGetsStuckIsFound) {
    json report = {{"lease", nullptr}, {"error", "no lease within 30 s"}};
    EXPECT_THAT(check_phone(report, expected), says(Severity::error, "no lease within 30 s"));
    report = good_report();
    report["options"]["66"]["hex"] = "62";
    EXPECT_THAT(check_phone(report, expected), says(Severity::error, "option 66 is another"));
    report["options"] = json::object();
    EXPECT_THAT(check_phone(report, expected), says(Severity::error, "option 66 is missing"));
    report = good_report();
    report["steps"][0]["result"] = "failed";
    report["steps"][0]["detail"] = "no answer";
    const Findings failed = check_phone(report, expected);
    EXPECT_THAT(failed, says(Severity::error, "cfg.xml from http://192.0.2.1: failed, no answer"));
    EXPECT_THAT(failed, says(Severity::error, "gets no generic file"));
    report = good_report();
    report["error"] = "option 66: no URL";
    EXPECT_THAT(check_phone(report, json()), says(Severity::error, "option 66: no URL"));
}

TEST(Doctor, DisksThatFillUpAreFound) {
    constexpr std::uint64_t gib = std::uint64_t{1} << 30U;
    EXPECT_THAT(told(check_disk({"/srv", 5 * gib, 10 * gib, 90, 100})), ElementsAre("ok disk"));
    EXPECT_THAT(told(check_disk({"/srv", 5 * gib, 10 * gib, 0, 0})), ElementsAre("ok disk"));
    EXPECT_THAT(check_disk({"/srv", gib / 2, 10 * gib, 90, 100}),
                says(Severity::warning, "/srv has 512 MiB of 10240 free"));
    EXPECT_THAT(check_disk({"/srv", gib / 32, gib / 16, 90, 100}),
                says(Severity::error, "/srv has 32 MiB"));
    EXPECT_THAT(check_disk({"/srv", 5 * gib, 10 * gib, 0, 100}),
                says(Severity::error, "no inodes"));
}

TEST(Doctor, ClocksThatAreWrongAreFound) {
    constexpr std::int64_t now = 1'800'000'000;
    EXPECT_THAT(told(check_clocks({true, now, now - 1})), ElementsAre("ok clock"));
    EXPECT_THAT(told(check_clocks({true, now, now + 60})), ElementsAre("ok clock"));
    EXPECT_THAT(check_clocks({true, 1000, 0}), says(Severity::error, "years behind"));
    EXPECT_THAT(check_clocks({true, now, now + 3600}), says(Severity::error, "in the future"));
    EXPECT_THAT(check_clocks({false, now, 0}), says(Severity::warning, "no time server"));
}

TEST(Doctor, CertificatesThatEndOrNameAnotherAreFound) {
    constexpr std::int64_t now = 1'800'000'000, day = 86'400;
    const std::set<std::string> own = {"192.0.2.1"};
    const auto check = [&](std::vector<std::string> names, std::int64_t from, std::int64_t to,
                           bool is_server = true) {
        return check_certificate({"server.pem", std::move(names), from, to, is_server}, now, own);
    };
    EXPECT_THAT(told(check({"192.0.2.1"}, 0, now + 100 * day)), ElementsAre("ok certificate"));
    EXPECT_THAT(told(check({"branch.example.net", "192.0.2.9"}, 0, now + 100 * day)),
                ElementsAre("ok certificate"))
        << "what a name leads to is the name server's to say";
    EXPECT_THAT(check({"192.0.2.1"}, 0, now), says(Severity::error, "has expired"));
    EXPECT_THAT(check({"192.0.2.1"}, now + 1, now + 2), says(Severity::error, "not hold yet"));
    EXPECT_THAT(check({"192.0.2.1"}, 0, now + 10 * day),
                says(Severity::warning, "ends in 10 days"));
    EXPECT_THAT(check({"192.0.2.9"}, 0, now + 100 * day),
                says(Severity::warning, "names no address of this machine"));
    EXPECT_THAT(told(check({}, 0, now + 100 * day, false)), ElementsAre("ok certificate"));
}

} // namespace
} // namespace plugtone::doctor
