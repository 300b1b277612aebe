#include "phone/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace plugtone {
namespace {

using testing::HasSubstr;
using testing::Not;

StepReport sample_step() {
    return {.request = {FileKind::own_xml, "cfg000b82123456.xml"},
            .url = "http://10.77.0.1/cfg000b82123456.xml",
            .result = FileResult::ok,
            .bytes = 208,
            .sha256 = "ab",
            .encrypted = true,
            .took_ms = 3,
            .detail = "decrypted (md5), 2 parameters"};
}

BootReport sample() {
    BootReport report;
    report.mac = Mac::parse("000b82123456").value();
    report.vendor_class = "Grandstream GXP2160 dslforum.org";
    Lease lease;
    lease.address = Ipv4{0x0A4D0064};
    lease.prefix_size = 24;
    lease.server = Ipv4{0x0A4D0001};
    lease.seconds = 3600;
    lease.ack.options = {{66, {'a', 'b'}}, {43, {1, 1, 'x'}}};
    report.lease = lease;
    report.server = parse_server("http://10.77.0.1").value();
    report.server->source = "option 66";
    report.steps = {sample_step()};
    report.parameters = {{ParameterName::parse("P34").value(), "p&ss<w>(1)\u00e4"}};
    report.outcome = Outcome::configured;
    return report;
}

TEST(Report, WritesAStepAsOneAlignedLine) {
    EXPECT_EQ(step_line(sample_step()),
              "cfg000b82123456.xml   ok        208 bytes, decrypted (md5), 2 parameters");
    StepReport absent = sample_step();
    absent.result = FileResult::absent;
    absent.detail = "HTTP 404";
    EXPECT_EQ(step_line(absent), "cfg000b82123456.xml   absent    HTTP 404");
}

TEST(Report, KeepsForeignTextOnItsLine) {
    StepReport step = sample_step();
    step.request.name = "a\nb";
    step.detail = "bad \x1b[31m";
    EXPECT_THAT(step_line(step), HasSubstr("a\\x0ab"));
    EXPECT_THAT(step_line(step), HasSubstr("\\x1b[31m"));
}

TEST(Report, ShowsOptionsAsTextOrHex) {
    EXPECT_THAT(
        lease_lines(*sample().lease),
        testing::ElementsAre("lease                 10.77.0.100/24 from 10.77.0.1, for 3600 s",
                             "option 43             hex 010178", "option 66             ab"));
}

TEST(Report, HasTheContractsJsonShape) {
    const auto json = nlohmann::json::parse(report_json(sample()));
    EXPECT_EQ(json["mac"], "000b82123456");
    EXPECT_EQ(json["address"], "10.77.0.100");
    EXPECT_EQ(json["server"], "http://10.77.0.1");
    EXPECT_EQ(json["options"]["66"]["text"], "ab");
    EXPECT_EQ(json["options"]["43"]["hex"], "010178");
    EXPECT_FALSE(json["options"]["43"].contains("text"));
    EXPECT_EQ(json["steps"][0]["name"], "cfg000b82123456.xml");
    EXPECT_EQ(json["steps"][0]["result"], "ok");
    EXPECT_EQ(json["steps"][0]["bytes"], 208);
    EXPECT_EQ(json["steps"][0]["encrypted"], true);
    EXPECT_EQ(json["parameters"]["P34"], "p&ss<w>(1)\u00e4");
    EXPECT_EQ(json["outcome"], "configured");
    EXPECT_FALSE(json.contains("error"));
}

TEST(Report, IsJsonEvenWhenNothingCame) {
    BootReport report;
    report.error = "no lease \xff";
    const auto json = nlohmann::json::parse(report_json(report));
    EXPECT_TRUE(json["address"].is_null());
    EXPECT_TRUE(json["server"].is_null());
    EXPECT_EQ(json["outcome"], "failed");
    EXPECT_EQ(json["error"], "no lease \\xff");
}

TEST(Report, HasWhoOfferedWhat) {
    BootReport report = sample();
    report.offers = {{Ipv4{0xC0000201}, *Mac::parse("020000000001"), Ipv4{0xC0000263},
                      Bytes{'h', 't', 't', 'p'}}};
    const auto json = nlohmann::json::parse(report_json(report));
    EXPECT_EQ(json["offers"], nlohmann::json::parse(R"([{"server": "192.0.2.1", "sender":
        "020000000001", "address": "192.0.2.99", "option_66": "http"}])"));
    EXPECT_FALSE(nlohmann::json::parse(report_json(sample())).contains("offers"));
}

} // namespace
} // namespace plugtone
