#include "core/contracts/event_sender.hpp"

#include <array>
#include <memory>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>

#include <gmock/gmock.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

// The agent's end of the contract.
class Receiver {
public:
    explicit Receiver(const std::string& path)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("cannot bind " + path);
    }
    // Empty when there is none.
    std::string receive() {
        std::array<char, event_size_max + 1> buffer{};
        const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        return size < 0 ? std::string()
                        : std::string(buffer.data(), static_cast<std::size_t>(size));
    }

private:
    Fd socket_;
};

class EventSenderTest : public testing::Test {
protected:
    test::TempFolder folder_;
    std::string path_ = folder_.path("events.sock");
    Event event_{EventKind::leased, {{"MAC", "000b82123456"}}};
};

TEST_F(EventSenderTest, DeliversOneDatagramAnEvent) {
    Receiver receiver(path_);
    EventSender sender(path_);
    sender.send(event_);
    sender.send({EventKind::released, {}});
    EXPECT_EQ(receiver.receive(), "EVENT=leased\nMAC=000b82123456\n");
    EXPECT_EQ(receiver.receive(), "EVENT=released\n");
    EXPECT_EQ(receiver.receive(), "");
    EXPECT_EQ(sender.sent(), 2U);
    EXPECT_EQ(sender.dropped(), 0U);
}

TEST_F(EventSenderTest, CountsWhatNobodyReads) {
    EventSender sender(path_);
    sender.send(event_);
    EXPECT_EQ(sender.sent(), 0U);
    EXPECT_EQ(sender.dropped(), 1U);
}

TEST_F(EventSenderTest, FindsAnAgentThatCameBack) {
    EventSender sender(path_);
    auto receiver = std::make_unique<Receiver>(path_);
    sender.send(event_);
    receiver.reset();
    sender.send(event_);
    std::filesystem::remove(path_);
    receiver = std::make_unique<Receiver>(path_);
    sender.send(event_);
    EXPECT_EQ(sender.sent(), 2U);
    EXPECT_EQ(sender.dropped(), 1U);
    EXPECT_THAT(receiver->receive(), MatchesRegex("EVENT=dropped\nSENDER=.*\nCOUNT=1\n"))
        << "and tells it what it did not get";
    EXPECT_EQ(receiver->receive(), encode_event(event_));
}

// A full socket drops and counts: if this blocked, the test would not end.
TEST_F(EventSenderTest, NeverWaitsForAReaderThatDoesNotRead) {
    Receiver receiver(path_);
    EventSender sender(path_);
    constexpr std::uint64_t tries = 5000;
    for (std::uint64_t at = 0; at < tries; ++at)
        sender.send(event_);
    EXPECT_GT(sender.sent(), 0U);
    EXPECT_GT(sender.dropped(), 0U);
    EXPECT_EQ(sender.sent() + sender.dropped(), tries);
    std::uint64_t received = 0;
    while (!receiver.receive().empty())
        ++received;
    EXPECT_EQ(received, sender.sent()) << "what counts as sent is there to be read";
    sender.send(event_);
    EXPECT_NE(receiver.receive(), "") << "and it goes on when there is room again";
}

TEST_F(EventSenderTest, CountsWhatIsTooLargeAndCutsNothing) {
    Receiver receiver(path_);
    EventSender sender(path_);
    sender.send({EventKind::leased, {{"A", std::string(event_size_max, 'a')}}});
    EXPECT_EQ(sender.dropped(), 1U);
    EXPECT_EQ(receiver.receive(), "");
    const std::size_t rest = event_size_max - encode_event({EventKind::leased, {{"A", ""}}}).size();
    sender.send({EventKind::leased, {{"A", std::string(rest, 'a')}}});
    EXPECT_THAT(receiver.receive(), HasSubstr("COUNT=1\n"));
    EXPECT_EQ(receiver.receive().size(), event_size_max);
}

TEST_F(EventSenderTest, TakesAnyPath) {
    EventSender nowhere("");
    nowhere.send(event_);
    EXPECT_EQ(nowhere.sent() + nowhere.dropped(), 0U);
    EventSender too_long("/" + std::string(200, 'a'));
    too_long.send(event_);
    EXPECT_EQ(too_long.dropped(), 1U);
}

TEST_F(EventSenderTest, CountsFromManyThreads) {
    const Receiver receiver(path_);
    EventSender sender(path_);
    constexpr int threads = 4;
    constexpr int each = 200;
    {
        std::vector<std::jthread> running;
        for (int at = 0; at < threads; ++at)
            running.emplace_back([this, &sender] {
                for (int sent = 0; sent < each; ++sent)
                    sender.send(event_);
            });
    }
    EXPECT_EQ(sender.sent() + sender.dropped(), std::uint64_t{threads} * each);
}

} // namespace
} // namespace plugtone
