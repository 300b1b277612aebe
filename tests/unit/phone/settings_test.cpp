#include "phone/settings.hpp"

#include <cstdio>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plugtone {
namespace {

using testing::ElementsAre;

std::variant<Settings, ExitNow> read(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "plugtone-phone");
    return read_settings(static_cast<int>(arguments.size()), arguments.data());
}

int status(const std::vector<const char*>& arguments) {
    const auto settings = read(arguments);
    return std::holds_alternative<ExitNow>(settings) ? std::get<ExitNow>(settings).status : -1;
}

std::string password_file(const std::string& text) {
    const std::string path = testing::TempDir() + "/phone-password";
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

TEST(PhoneSettings, AreAGrandstreamByDefault) {
    const auto settings = std::get<Settings>(read({"--interface", "v1"}));
    EXPECT_EQ(settings.interface, "v1");
    EXPECT_EQ(settings.mac, std::nullopt);
    EXPECT_EQ(settings.vendor_class, "Grandstream GXP2160 dslforum.org");
    EXPECT_TRUE(settings.identifies_itself);
    EXPECT_EQ(settings.timeout, std::chrono::seconds(30));
    EXPECT_FALSE(settings.password.password);
    EXPECT_FALSE(settings.state_file);
    EXPECT_FALSE(settings.keep || settings.json || settings.show_values);
}

TEST(PhoneSettings, BesideTheServerThePhoneHasAMacAndKeepsNothing) {
    const auto settings = std::get<Settings>(
        read({"--interface", "v1", "--mac", "000b82123456", "--beside-server", "--survey", "3"}));
    EXPECT_TRUE(settings.beside_server);
    EXPECT_EQ(settings.survey, std::chrono::seconds(3));
    EXPECT_EQ(status({"--interface", "v1", "--beside-server"}), 2);
    EXPECT_EQ(status({"--interface", "v1", "--mac", "000b82123456", "--beside-server", "--keep"}),
              2);
    EXPECT_EQ(status({"--interface", "v1", "--survey", "0"}), 2);
}

TEST(PhoneSettings, TakeAllThatTheContractNames) {
    const std::string file = password_file("pw123\r\nrest");
    const auto settings = std::get<Settings>(
        read({"--interface", "v1",          "--mac",           "00:0B:82:12:34:56",
              "--model",     "GXP1405",     "--password-file", file.c_str(),
              "--state",     "phone-state", "--digest",        "sha256",
              "--ask",       "a",           "--ask",           "b",
              "--firmware",  "f.bin",       "--keep",          "--timeout",
              "5",           "--json",      "--show-values"}));
    EXPECT_EQ(settings.mac->text(), "000b82123456");
    EXPECT_EQ(settings.vendor_class, "Grandstream GXP1405 dslforum.org");
    EXPECT_EQ(settings.password.password->reveal(), "pw123");
    EXPECT_EQ(settings.state_file, "phone-state");
    EXPECT_EQ(settings.password.digest, KeyDigest::sha256);
    EXPECT_THAT(settings.asked, ElementsAre("a", "b"));
    EXPECT_THAT(settings.firmware, ElementsAre("f.bin"));
    EXPECT_TRUE(settings.keep && settings.json && settings.show_values);
    EXPECT_EQ(settings.timeout, std::chrono::seconds(5));
}

TEST(PhoneSettings, TakeAForeignVendorClassAsItStands) {
    const auto settings =
        std::get<Settings>(read({"--interface", "v1", "--vendor-class", "HT8XX dslforum.org"}));
    EXPECT_EQ(settings.vendor_class, "HT8XX dslforum.org");
    EXPECT_EQ(settings.model, "HT8XX");
    EXPECT_FALSE(settings.identifies_itself);
}

TEST(PhoneSettings, TakeAModelBesideAForeignVendorClass) {
    const auto settings = std::get<Settings>(
        read({"--interface", "v1", "--vendor-class", "HT8XX dslforum.org", "--model", "HT802"}));
    EXPECT_EQ(settings.vendor_class, "HT8XX dslforum.org");
    EXPECT_EQ(settings.model, "HT802");
    EXPECT_TRUE(settings.identifies_itself);
}

TEST(PhoneSettings, RefuseWrongUsageWithStatus2) {
    EXPECT_EQ(status({"--help"}), 0);
    EXPECT_EQ(status({}), 2);
    EXPECT_EQ(status({"--interface", "v1", "--mac", "00:0b:82"}), 2);
    EXPECT_EQ(status({"--interface", "v1", "--mac", "ffffffffffff"}), 2);
    EXPECT_EQ(status({"--interface", "v1", "--timeout", "0"}), 2);
    EXPECT_EQ(status({"--interface", "v1", "--digest", "sha1"}), 2);
    EXPECT_EQ(status({"--interface", "v1", "--ask", "a\nb"}), 2);
    EXPECT_EQ(status({"--interface", "v1", "--password-file", "/nonexistent"}), 2);
    EXPECT_EQ(status({"--interface", "v1", "stray"}), 2);
    const std::string blank = password_file("two words\n");
    EXPECT_EQ(status({"--interface", "v1", "--password-file", blank.c_str()}), 2);
}

} // namespace
} // namespace plugtone
