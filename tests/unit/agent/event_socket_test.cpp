#include "agent/event_socket.hpp"

#include <cstdlib>
#include <filesystem>
#include <span>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "core/contracts/event_sender.hpp"
#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::IsEmpty;

class EventSocketTest : public testing::Test {
protected:
    // What is no event, as anybody who reaches the socket may send it.
    void send_raw(const std::string& text) const {
        const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(std::begin(address.sun_path), sizeof address.sun_path - 1);
        ASSERT_EQ(::sendto(socket.get(), text.data(), text.size(), 0,
                           reinterpret_cast<const sockaddr*>(&address), sizeof address),
                  static_cast<ssize_t>(text.size()));
    }

    // As soon as so many are there, which the socket's thread brings.
    static std::vector<Event> receive(EventSocket& socket, std::size_t count,
                                      std::uint64_t malformed = 0) {
        std::vector<Event> all;
        while (all.size() < count || socket.malformed() < malformed) {
            pollfd waiting{socket.fd(), POLLIN, 0};
            if (::poll(&waiting, 1, 60'000) != 1)
                throw std::runtime_error("nothing came");
            for (Event& event : socket.receive(1))
                all.push_back(std::move(event));
        }
        return all;
    }

    test::TempFolder folder_;
    std::string path_ = folder_.path("events.sock");
    Event event_{EventKind::leased, {{"MAC", "000b82123456"}}};
};

TEST_F(EventSocketTest, TakesWhatTheSenderSends) {
    auto socket = EventSocket::listen(path_);
    ASSERT_TRUE(socket) << socket.error().message;
    EXPECT_GE(socket->fd(), 0);
    EXPECT_THAT(socket->receive(10), IsEmpty()) << "it does not wait";
    EventSender sender(path_);
    sender.send(event_);
    sender.send({EventKind::released, {}});
    const auto events = receive(*socket, 2);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].kind, EventKind::leased);
    EXPECT_EQ(events[0].fields, event_.fields);
    EXPECT_EQ(events[1].kind, EventKind::released);
    EXPECT_EQ(socket->malformed(), 0U);
}

TEST_F(EventSocketTest, TakesNoMoreThanAskedFor) {
    auto socket = EventSocket::listen(path_);
    ASSERT_TRUE(socket);
    EventSender sender(path_);
    for (int count = 0; count < 3; ++count)
        sender.send(event_);
    EXPECT_EQ(receive(*socket, 1).size(), 1U);
    std::size_t taken = 0;
    while (taken < 2) { // the thread brings them one by one
        const std::size_t some = socket->receive(1).size();
        EXPECT_LE(some, 1U);
        taken += some;
    }
}

TEST_F(EventSocketTest, IsOpenToEveryUserThatReachesItsFolder) {
    const mode_t before = ::umask(0077);
    const auto socket = EventSocket::listen(path_);
    ::umask(before);
    ASSERT_TRUE(socket);
    EXPECT_EQ(fs::status(path_).permissions(), static_cast<fs::perms>(0666));
}

TEST_F(EventSocketTest, TakesThePlaceOfAStaleSocket) {
    ASSERT_TRUE(EventSocket::listen(path_));
    ASSERT_TRUE(fs::is_socket(path_)) << "the agent is gone, its socket is not";
    auto socket = EventSocket::listen(path_);
    ASSERT_TRUE(socket) << socket.error().message;
    EventSender sender(path_);
    sender.send(event_);
    EXPECT_EQ(receive(*socket, 1).size(), 1U);
}

// Puts a socket where systemd passes the first one, for as long as it lives.
class PassedSocket {
public:
    explicit PassedSocket(int type) : before_(::dup(first)) {
        // It may be given that very number itself.
        if (const int made = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0); made != first) {
            ::dup2(made, first);
            ::close(made);
        }
        ::setenv("LISTEN_FDS", "1", 1);
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    }
    PassedSocket(const PassedSocket&) = delete;
    PassedSocket& operator=(const PassedSocket&) = delete;
    ~PassedSocket() {
        if (before_)
            ::dup2(before_.get(), first);
    }

    static constexpr int first = 3;

private:
    Fd before_;
};

TEST_F(EventSocketTest, TakesTheOneThatSystemdPasses) {
    const PassedSocket passed(SOCK_DGRAM);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(std::begin(address.sun_path), sizeof address.sun_path - 1);
    ASSERT_EQ(
        ::bind(PassedSocket::first, reinterpret_cast<const sockaddr*>(&address), sizeof address),
        0);
    auto socket = EventSocket::open(folder_.path("another"));
    ASSERT_TRUE(socket) << socket.error().message;
    EXPECT_FALSE(fs::exists(folder_.path("another")));
    EXPECT_THAT(socket->receive(10), IsEmpty()) << "it does not wait";
    EventSender sender(path_);
    sender.send(event_);
    EXPECT_EQ(receive(*socket, 1).size(), 1U);
}

TEST_F(EventSocketTest, RefusesAPassedSocketOfAnotherKind) {
    const PassedSocket passed(SOCK_STREAM);
    const auto refused = EventSocket::open(path_);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("ListenDatagram="));
}

TEST_F(EventSocketTest, MakesItsOwnWhereSystemdPassesNone) {
    const auto socket = EventSocket::open(path_);
    ASSERT_TRUE(socket) << socket.error().message;
    EXPECT_TRUE(fs::is_socket(path_));
}

TEST_F(EventSocketTest, LeavesAnythingElseAlone) {
    folder_.write("events.sock", "precious");
    const auto refused = EventSocket::listen(path_);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("left alone"));
    EXPECT_EQ(test::content_of(path_), "precious");
    fs::remove(path_);
    fs::create_symlink(folder_.write("target", "precious"), path_);
    EXPECT_FALSE(EventSocket::listen(path_));
    EXPECT_TRUE(fs::is_symlink(path_));
}

TEST_F(EventSocketTest, RefusesAPathThatIsNone) {
    EXPECT_FALSE(EventSocket::listen(""));
    EXPECT_FALSE(EventSocket::listen(folder_.path(std::string(200, 'x'))));
    const auto refused = EventSocket::listen(folder_.path("none/events.sock"));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("none/events.sock"));
}

TEST_F(EventSocketTest, CountsWhatIsNoEventAndGoesOn) {
    auto socket = EventSocket::listen(path_);
    ASSERT_TRUE(socket);
    EventSender sender(path_);
    send_raw("hello");
    send_raw("");
    send_raw("EVENT=leased\nMAC=\x01\n");
    send_raw("EVENT=leased\nMAC=" + std::string(event_size_max, 'x') + "\n");
    sender.send(event_);
    EXPECT_EQ(receive(*socket, 1, 4).size(), 1U);
    EXPECT_EQ(socket->malformed(), 4U);
}

// Or whoever sends nothing but rubbish would keep the agent from its other work.
TEST_F(EventSocketTest, WhatIsNoEventCountsTowardsWhatIsTakenInOneTurn) {
    auto socket = EventSocket::listen(path_);
    ASSERT_TRUE(socket);
    for (int count = 0; count < 5; ++count)
        send_raw("hello");
    for (std::uint64_t count = 1; count <= 5; ++count) {
        pollfd waiting{socket->fd(), POLLIN, 0};
        ASSERT_EQ(::poll(&waiting, 1, 60'000), 1);
        EXPECT_THAT(socket->receive(1), IsEmpty());
        EXPECT_EQ(socket->malformed(), count);
    }
}

// The kernel itself lets ten wait where systemd has not raised that, and the agent may be busy.
TEST_F(EventSocketTest, TakesAStormWhileNobodyReceives) {
    auto socket = EventSocket::listen(path_);
    ASSERT_TRUE(socket);
    const std::vector<std::string> storm(7000, encode_event(event_));
    EventSender sender(path_);
    std::span<const std::string> rest = storm;
    while (!rest.empty())
        rest = rest.subspan(sender.send_some(rest));
    EXPECT_EQ(receive(*socket, storm.size()).size(), storm.size());
    EXPECT_EQ(sender.dropped(), 0U);
}

TEST_F(EventSocketTest, HoldsNoMoreThanItsBound) {
    auto socket = EventSocket::listen(path_);
    ASSERT_TRUE(socket);
    const Event large{EventKind::leased, {{"MAC", std::string(8000, 'x')}}};
    const std::vector<std::string> flood(EventSocket::waiting_max / 8000 + 1000,
                                         encode_event(large));
    EventSender sender(path_);
    std::span<const std::string> rest = flood;
    // Full, at last: nothing more goes out, however often it is tried.
    for (int in_vain = 0; in_vain < 100'000 && !rest.empty();) {
        const std::size_t sent = sender.send_some(rest);
        in_vain = sent == 0 ? in_vain + 1 : 0;
        rest = rest.subspan(sent);
    }
    EXPECT_FALSE(rest.empty());
    sender.count_dropped(rest.size());
    const std::size_t arrived = flood.size() - rest.size();
    EXPECT_EQ(receive(*socket, arrived).size(), arrived);
    sender.send(event_);
    const auto after = receive(*socket, 2);
    EXPECT_EQ(after[0].kind, EventKind::dropped) << "it is told what it did not get";
    EXPECT_EQ(after[0]["COUNT"], std::to_string(rest.size()));
    EXPECT_EQ(after[1].kind, EventKind::leased);
}

} // namespace
} // namespace plugtone
