#include "core/contracts/bindings.hpp"

#include <gtest/gtest.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

const Ipv4 address = *Ipv4::parse("192.168.1.10");
const Mac mac = *Mac::parse("000b82123456");

TEST(Bindings, AreWrittenAsTheContractSays) {
    EXPECT_EQ(encode_binding({address, mac, 1735689600}), "MAC=000b82123456\nEXPIRES=1735689600\n");
    const test::TempFolder folder;
    ASSERT_TRUE(write_binding(folder.path(), {address, mac, 1735689600}));
    EXPECT_EQ(test::content_of(folder.path("192.168.1.10")),
              "MAC=000b82123456\nEXPIRES=1735689600\n");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Bindings, ComeBackAsTheyWere) {
    for (const std::int64_t expires : {std::int64_t{0}, std::int64_t{1735689600}, never_expires}) {
        const Binding binding{address, mac, expires};
        EXPECT_EQ(decode_binding(address, as_bytes(encode_binding(binding))), binding);
    }
}

TEST(Bindings, HoldUntilTheyExpire) {
    const Binding binding{address, mac, 100};
    EXPECT_TRUE(binding.holds_at(99));
    EXPECT_FALSE(binding.holds_at(100));
    EXPECT_FALSE(binding.holds_at(101));
    EXPECT_TRUE((Binding{address, mac, never_expires}.holds_at(never_expires - 1)));
}

TEST(Bindings, LaterLeaseReplacesTheEarlierOne) {
    const test::TempFolder folder;
    const Mac other = *Mac::parse("000b82000001");
    ASSERT_TRUE(write_binding(folder.path(), {address, mac, 1}));
    ASSERT_TRUE(write_binding(folder.path(), {address, other, 2}));
    const auto binding = read_binding(folder.path(), address);
    ASSERT_TRUE(binding && *binding);
    EXPECT_EQ((*binding)->mac, other);
}

TEST(Bindings, NoLeaseIsNoError) {
    const test::TempFolder folder;
    const auto none = read_binding(folder.path(), address);
    ASSERT_TRUE(none);
    EXPECT_FALSE(*none);
    EXPECT_TRUE(remove_binding(folder.path(), address));
    ASSERT_TRUE(write_binding(folder.path(), {address, mac, 1}));
    EXPECT_TRUE(remove_binding(folder.path(), address));
    EXPECT_FALSE(*read_binding(folder.path(), address));
}

// A reader that cannot tell must refuse the file, not open it.
TEST(Bindings, MalformedOneIsAnError) {
    for (const char* text :
         {"", "MAC=000b82123456\n", "EXPIRES=1\nMAC=000b82123456\n", "MAC=000b82123456\nEXPIRES=\n",
          "MAC=000b82123456\nEXPIRES=1x\n", "MAC=000b8212345\nEXPIRES=1\n",
          "MAC=000b82123456\nEXPIRES=1\nMAC=000b82000001\n", "MAC=000b82123456\nEXPIRES=-1\n",
          "MAC=000b82123456\nEXPIRES=99999999999999999999\n", "MAC=000b82123456\nEXPIRES=17",
          "MAC=000b82123456 EXPIRES=1\n"}) {
        const auto refused = decode_binding(address, as_bytes(text));
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().message.find("binding 192.168.1.10: "), 0U);
    }
    const test::TempFolder folder;
    folder.write("192.168.1.10", "garbage");
    EXPECT_FALSE(read_binding(folder.path(), address));
    folder.write("192.168.1.10", std::string(1000, 'a'));
    EXPECT_FALSE(read_binding(folder.path(), address));
}

TEST(Bindings, FolderThatCannotBeWrittenIsAnError) {
    const auto refused = write_binding("/nowhere/bindings", {address, mac, 1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::io);
    EXPECT_NE(refused.error().message.find("/nowhere/bindings/192.168.1.10"), std::string::npos);
}

} // namespace
} // namespace plugtone
