#include "kea-hook/lease_file.hpp"

#include <sstream>

#include <gmock/gmock.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string heading = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,"
                            "fqdn_rev,hostname,state,user_context\n";
constexpr std::int64_t now = 1'800'000'000;

std::string row(const std::string& address, const std::string& mac, const std::string& lifetime,
                const std::string& expire, const std::string& state = "0") {
    return address + "," + mac + ",," + lifetime + "," + expire + ",1,0,0,," + state + ",\n";
}

std::vector<std::string> lines(const LeaseRows& rows) {
    std::vector<std::string> all;
    for (const Binding& binding : rows.bindings(now))
        all.push_back(
            binding.address.text() + " " + binding.mac.text() + " " +
            (binding.expires == never_expires ? "endless" : std::to_string(binding.expires)));
    return all;
}

std::vector<std::string> lines_of(const std::string& content) {
    LeaseRows rows;
    std::istringstream file(content);
    const Done done = rows.read(file);
    EXPECT_TRUE(done) << done.error().message;
    return lines(rows);
}

TEST(LeaseRows, TheLastRowOfAnAddressHolds) {
    const std::string first = row("10.0.0.1", "00:0b:82:00:00:01", "600", "1800000600");
    const std::string other = row("10.0.0.1", "00:0b:82:00:00:02", "600", "1800000700");
    const std::string ended = row("10.0.0.1", "00:0b:82:00:00:02", "0", "1800000000");
    EXPECT_THAT(lines_of(heading), IsEmpty());
    EXPECT_THAT(lines_of(heading + first), ElementsAre("10.0.0.1 000b82000001 1800000600"));
    EXPECT_THAT(lines_of(heading + first + other), ElementsAre("10.0.0.1 000b82000002 1800000700"));
    EXPECT_THAT(lines_of(heading + first + other + ended), IsEmpty());
}

TEST(LeaseRows, OnlyLiveLeasesOfEthernetAddressesCount) {
    EXPECT_THAT(lines_of(heading + row("10.0.0.1", "00:0b:82:00:00:01", "600", "1800000000") +
                         row("10.0.0.2", "", "600", "1800000600") +
                         row("10.0.0.3", "00:0b:82:00:00:03", "600", "1800000600", "1") +
                         row("10.0.0.4", "00:0b:82:00:00:04:05:06", "600", "1800000600") +
                         row("10.0.0.5", "00:0b:82:00:00:05", "4294967295", "1700000000")),
                ElementsAre("10.0.0.5 000b82000005 endless"));
}

TEST(LeaseRows, ALastLineThatIsCutOffIsNoLeaseYet) {
    EXPECT_THAT(lines_of(heading + row("10.0.0.1", "00:0b:82:00:00:01", "600", "1800000600") +
                         "10.0.0.2,00:0b"),
                ElementsAre("10.0.0.1 000b82000001 1800000600"));
}

TEST(LeaseRows, WhatKeaDoesNotWriteIsRefusedWithTheLine) {
    const auto refusal = [](const std::string& content) {
        LeaseRows rows;
        std::istringstream file(content);
        const Done done = rows.read(file);
        return done ? "taken" : done.error().message;
    };
    EXPECT_THAT(refusal("address,hwaddr\n"), HasSubstr("line 1: want a column 'valid_lifetime'"));
    EXPECT_THAT(refusal(heading + "x\n" + heading), HasSubstr("line 2: want 11 cells, got 1"));
    EXPECT_THAT(refusal(heading + row("10.0.0", "", "1", "2") + "\n"),
                HasSubstr("line 2: want an address, a lifetime and an end"));
}

TEST(LeaseFiles, AreReadInTheOrderInWhichACleanUpLeavesThem) {
    const test::TempFolder folder;
    const std::string name = folder.path("leases.csv");
    const auto all = [&] {
        const auto rows = read_lease_files(name);
        EXPECT_TRUE(rows) << rows.error().message;
        return lines(rows.value());
    };
    EXPECT_THAT(all(), IsEmpty());
    folder.write("leases.csv.2", heading + row("10.0.0.1", "00:0b:82:00:00:01", "9", "1800000001"));
    folder.write("leases.csv.1", heading + row("10.0.0.1", "00:0b:82:00:00:02", "9", "1800000002"));
    EXPECT_THAT(all(), ElementsAre("10.0.0.1 000b82000002 1800000002"));
    folder.write("leases.csv", heading + row("10.0.0.1", "00:0b:82:00:00:03", "9", "1800000003"));
    EXPECT_THAT(all(), ElementsAre("10.0.0.1 000b82000003 1800000003"));
    folder.write("leases.csv.completed",
                 heading + row("10.0.0.2", "00:0b:82:00:00:04", "9", "1800000004"));
    EXPECT_THAT(
        all(), ElementsAre("10.0.0.1 000b82000003 1800000003", "10.0.0.2 000b82000004 1800000004"));
}

} // namespace
} // namespace plugtone
