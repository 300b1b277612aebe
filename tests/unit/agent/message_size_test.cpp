#include "agent/message_size.hpp"

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <sys/socket.h>

#include "agent/raw_bus.hpp"
#include "core/base/fd.hpp"

namespace plugtone {
namespace {

// A message as it comes in: sealed, and read from its beginning.
class MessageSize : public testing::Test {
protected:
    MessageSize() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        other_end_ = Fd(ends[1]);
        sd_bus* bus = nullptr;
        EXPECT_GE(sd_bus_new(&bus), 0);
        bus_.reset(bus);
        EXPECT_GE(sd_bus_set_fd(bus, ends[0], ends[0]), 0);
        EXPECT_GE(sd_bus_start(bus), 0);
        sd_bus_message* made = nullptr;
        EXPECT_GE(sd_bus_message_new_method_call(bus, &made, nullptr, "/a", "a.b", "C"), 0);
        message_.reset(made);
    }
    sd_bus_message* message() { return message_.get(); }
    sd_bus_message* sealed() {
        EXPECT_GE(sd_bus_message_seal(message(), 1, 0), 0);
        return message();
    }

private:
    std::unique_ptr<sd_bus, BusFreer<&sd_bus_close_unref>> bus_;
    Fd other_end_;
    BusMessage message_;
};

TEST_F(MessageSize, OfAnEmptyOneIsNothing) {
    EXPECT_EQ(message_size(sealed(), 0), 0U);
}

TEST_F(MessageSize, CountsTextsArraysAndNumbers) {
    sd_bus_message_append(message(), "sub", "four", 7U, 1);
    const std::vector<std::uint8_t> bytes(100);
    sd_bus_message_append_array(message(), 'y', bytes.data(), bytes.size());
    EXPECT_EQ(message_size(sealed(), 1000), 5 + 8 + 8 + 100U);
}

TEST_F(MessageSize, LooksIntoContainers) {
    sd_bus_message_append(message(), "a(uas)a{sv}", 1, 3U, 2, "one", "three", 1, "k", "s", "text");
    EXPECT_GT(message_size(sealed(), 1000).value_or(0), 4 + 6 + 2 + 5U);
}

TEST_F(MessageSize, StopsAtWhatIsTooMuch) {
    const std::string text(1000, 'x');
    sd_bus_message_append(message(), "as", 2, text.c_str(), text.c_str());
    EXPECT_EQ(message_size(sealed(), 2000), std::nullopt);
    EXPECT_NE(message_size(message(), 2100), std::nullopt);
}

TEST_F(MessageSize, CountsEmptyTextsToo) {
    sd_bus_message_open_container(message(), 'a', "s");
    for (int count = 0; count < 1000; ++count)
        sd_bus_message_append(message(), "s", "");
    sd_bus_message_close_container(message());
    EXPECT_EQ(message_size(sealed(), 999), std::nullopt);
}

TEST_F(MessageSize, LeavesTheMessageAtItsBeginning) {
    sd_bus_message_append(message(), "su", "text", 7U);
    ASSERT_TRUE(message_size(sealed(), 1000));
    const char* text = nullptr;
    std::uint32_t number = 0;
    ASSERT_GT(sd_bus_message_read(message(), "su", &text, &number), 0);
    EXPECT_STREQ(text, "text");
    EXPECT_EQ(number, 7U);
}

} // namespace
} // namespace plugtone
