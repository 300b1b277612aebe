#include "kea-hook/lease_commands.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

using isc::data::ConstElementPtr;
using isc::data::Element;

LeaseChange change(const std::string& command, const std::string& arguments,
                   const std::string& response = R"({"result": 0})") {
    return change_by(command, arguments.empty() ? ConstElementPtr() : Element::fromJSON(arguments),
                     response.empty() ? ConstElementPtr() : Element::fromJSON(response));
}

TEST(LeaseCommands, SayWhichAddressToLookUp) {
    for (const char* command : {"lease4-add", "lease4-update", "lease4-del"}) {
        const auto found = change(command, R"({"ip-address": "192.0.2.10", "subnet-id": 1})");
        ASSERT_TRUE(std::holds_alternative<LeaseOf>(found)) << command;
        EXPECT_EQ(std::get<LeaseOf>(found).address.text(), "192.0.2.10");
    }
}

TEST(LeaseCommands, ThatNameNoAddressMayHaveChangedAny) {
    EXPECT_TRUE(std::holds_alternative<ManyLeases>(change("lease4-wipe", R"({"subnet-id": 1})")));
    EXPECT_TRUE(std::holds_alternative<ManyLeases>(change("ha-sync", "{}")));
    EXPECT_TRUE(std::holds_alternative<ManyLeases>(
        change("lease4-del", R"({"identifier-type": "hw-address", "identifier": "00:0b:82:00"})")));
    EXPECT_TRUE(std::holds_alternative<ManyLeases>(change("lease4-del", "")));
}

TEST(LeaseCommands, ThatFailedOrAreOthersChangeNothing) {
    const std::string one = R"({"ip-address": "192.0.2.10"})";
    EXPECT_TRUE(std::holds_alternative<NoLease>(change("lease4-add", one, R"({"result": 1})")));
    EXPECT_TRUE(std::holds_alternative<NoLease>(change("lease4-add", one, "")));
    EXPECT_TRUE(std::holds_alternative<NoLease>(change("lease4-add", one, "[1]")));
    EXPECT_TRUE(std::holds_alternative<NoLease>(change("lease4-get", one)));
    EXPECT_TRUE(std::holds_alternative<NoLease>(change("config-get", "")));
}

TEST(LeaseCommands, AHeartbeatSaysTheStateInThePair) {
    const auto found = change("ha-heartbeat", "",
                              R"({"result": 0, "arguments": {"state": "ready", "scopes": []}})");
    ASSERT_TRUE(std::holds_alternative<StateInPair>(found));
    EXPECT_EQ(std::get<StateInPair>(found).state, "ready");
    EXPECT_TRUE(std::holds_alternative<NoLease>(
        change("ha-heartbeat", "", R"({"result": 0, "arguments": {"state": 7}})")));
    EXPECT_TRUE(has_leases_of_partner("ready"));
    EXPECT_TRUE(has_leases_of_partner("hot-standby"));
    EXPECT_FALSE(has_leases_of_partner("waiting"));
    EXPECT_FALSE(has_leases_of_partner("syncing"));
}

} // namespace
} // namespace plugtone
