#include "agent/kea_client.hpp"

#include <array>
#include <optional>
#include <stdexcept>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <gmock/gmock.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using Clock = KeaClient::Clock;

constexpr const char* command = R"({"command": "plugtone-reload"})";

// Kea's end, in the same thread: a stream socket that the test works by hand.
class Kea {
public:
    explicit Kea(const std::string& path)
        : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(std::begin(address.sun_path), sizeof address.sun_path - 1);
        if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
                0 ||
            ::listen(listener_.get(), 5) != 0)
            throw std::runtime_error("cannot listen at " + path);
    }
    // Whether somebody connected.
    bool accept() {
        connection_ =
            Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        return static_cast<bool>(connection_);
    }
    std::string read() const {
        std::array<char, 4096> buffer{};
        const ssize_t got = ::recv(connection_.get(), buffer.data(), buffer.size(), 0);
        return got < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
    }
    // How much of it the other end took.
    std::size_t write(const std::string& text) const {
        const ssize_t put = ::send(connection_.get(), text.data(), text.size(), MSG_NOSIGNAL);
        return put < 0 ? 0 : static_cast<std::size_t>(put);
    }
    // As Kea does: with the command read.
    void answer(const std::string& text) {
        EXPECT_EQ(read(), command);
        EXPECT_EQ(write(text), text.size());
        close();
    }
    void close() { connection_.reset(); }

private:
    Fd listener_;
    Fd connection_;
};

class KeaClientTest : public testing::Test {
protected:
    // As the loop does: as long as there is something to do at once.
    void work(KeaClient& client, Clock::time_point now) const {
        for (;;) {
            pollfd wait{client.fd(), client.poll_events(), 0};
            if (client.fd() < 0 || ::poll(&wait, 1, 0) <= 0)
                return;
            client.advance(now);
        }
    }
    // A whole exchange; what came of it.
    std::string outcome_of(const std::string& answer) {
        client_.reload(start_);
        EXPECT_TRUE(kea_->accept());
        kea_->answer(answer);
        work(client_, start_);
        EXPECT_EQ(client_.fd(), -1);
        return client_.last_outcome();
    }

    const Clock::time_point start_{std::chrono::hours(1)};
    test::TempFolder folder_;
    std::string path_ = folder_.path("kea.sock");
    std::optional<Kea> kea_{path_};
    KeaClient client_{path_};
};

TEST_F(KeaClientTest, DoesNothingWhenThereIsNoKea) {
    KeaClient none("");
    none.reload(start_);
    EXPECT_EQ(none.fd(), -1);
    EXPECT_EQ(none.last_outcome(), "never asked");
    EXPECT_EQ(none.deadline(), Clock::time_point::max());
}

TEST_F(KeaClientTest, AsksAndTakesTheAnswer) {
    EXPECT_EQ(client_.last_outcome(), "never asked");
    client_.reload(start_);
    EXPECT_EQ(client_.last_outcome(), "asked");
    EXPECT_EQ(client_.deadline(), start_ + KeaClient::time_limit);
    ASSERT_TRUE(kea_->accept());
    work(client_, start_);
    EXPECT_EQ(kea_->read(), command);
    EXPECT_EQ(client_.poll_events(), POLLIN);
    kea_->write(R"({"result": 0, "text":)");
    work(client_, start_);
    EXPECT_EQ(client_.last_outcome(), "asked") << "half an answer is none";
    kea_->write(R"( "10 device classes"})");
    kea_->close();
    work(client_, start_);
    EXPECT_EQ(client_.last_outcome(), "10 device classes");
    EXPECT_EQ(client_.fd(), -1);
    EXPECT_EQ(client_.deadline(), Clock::time_point::max());
}

TEST_F(KeaClientTest, TellsARefusal) {
    EXPECT_EQ(outcome_of(R"({"result": 1, "text": "gxp.xml:3: name"})"), "failed: gxp.xml:3: name");
    EXPECT_EQ(outcome_of(R"({"result": 2})"), "failed: ");
}

TEST_F(KeaClientTest, ASecondOneAfterAFailureIsAsGoodAsTheFirst) {
    EXPECT_THAT(outcome_of("rubbish"), StartsWith("failed"));
    EXPECT_EQ(outcome_of(R"({"result": 0, "text": "good"})"), "good");
}

TEST_F(KeaClientTest, TakesNothingElseForAnAnswer) {
    for (const char* answer :
         {"", "rubbish", "[]", "{}", R"({"result": "0"})", R"({"result": 0, "te)", "\xff\x01"})
        EXPECT_THAT(outcome_of(answer), StartsWith("failed: want Kea's JSON answer")) << answer;
}

TEST_F(KeaClientTest, SaysWhereKeaDoesNotAnswer) {
    KeaClient client(folder_.path("none.sock"));
    client.reload(start_);
    EXPECT_EQ(client.fd(), -1);
    EXPECT_THAT(client.last_outcome(), StartsWith("failed: "));
    EXPECT_THAT(client.last_outcome(), HasSubstr(folder_.path("none.sock")));
    KeaClient too_long(std::string(200, 'x'));
    too_long.reload(start_);
    EXPECT_THAT(too_long.last_outcome(), HasSubstr("too long"));
    kea_.reset();
    client_.reload(start_);
    EXPECT_THAT(client_.last_outcome(), HasSubstr("Connection refused"));
}

TEST_F(KeaClientTest, GivesUpAtTheDeadlineAndNotBefore) {
    client_.reload(start_);
    ASSERT_TRUE(kea_->accept());
    client_.advance(start_ + KeaClient::time_limit - std::chrono::milliseconds(1));
    EXPECT_EQ(client_.last_outcome(), "asked");
    EXPECT_GE(client_.fd(), 0);
    client_.advance(start_ + KeaClient::time_limit);
    EXPECT_EQ(client_.last_outcome(), "failed: Kea did not answer within 10 s");
    EXPECT_EQ(client_.fd(), -1);
    client_.advance(start_ + 2 * KeaClient::time_limit);
    EXPECT_EQ(client_.fd(), -1) << "nothing is left to do";
}

TEST_F(KeaClientTest, ATrickleDoesNotMoveTheDeadline) {
    client_.reload(start_);
    ASSERT_TRUE(kea_->accept());
    kea_->write("{");
    work(client_, start_ + std::chrono::seconds(9));
    EXPECT_EQ(client_.deadline(), start_ + KeaClient::time_limit);
}

TEST_F(KeaClientTest, AConnectionThatIsClosedUnansweredIsAFailure) {
    client_.reload(start_);
    ASSERT_TRUE(kea_->accept());
    kea_->close(); // with the command unread: a reset
    work(client_, start_);
    EXPECT_THAT(client_.last_outcome(), StartsWith("failed: "));
    EXPECT_EQ(client_.fd(), -1);
}

TEST_F(KeaClientTest, AnAnswerWithoutAnEndIsCutOff) {
    client_.reload(start_);
    ASSERT_TRUE(kea_->accept());
    const std::string piece(4096, ' ');
    std::size_t put = 0;
    while (client_.fd() >= 0 && put <= 2 * KeaClient::answer_size_max) {
        put += kea_->write(piece);
        work(client_, start_);
    }
    EXPECT_EQ(client_.last_outcome(), "failed: Kea's answer does not end");
    EXPECT_LE(put, 2 * KeaClient::answer_size_max);
}

TEST_F(KeaClientTest, AReloadWhileOneRunsIsDoneAfterIt) {
    client_.reload(start_);
    client_.reload(start_);
    client_.reload(start_);
    ASSERT_TRUE(kea_->accept());
    kea_->answer(R"({"result": 0, "text": "first"})");
    const auto later = start_ + std::chrono::seconds(5);
    work(client_, later);
    EXPECT_EQ(client_.deadline(), later + KeaClient::time_limit);
    ASSERT_TRUE(kea_->accept()) << "the second";
    kea_->answer(R"({"result": 0, "text": "second"})");
    work(client_, later);
    EXPECT_EQ(client_.last_outcome(), "second");
    EXPECT_FALSE(kea_->accept()) << "one is enough for both that waited";
}

TEST_F(KeaClientTest, AQuestionLeavesTimeForOtherThings) {
    int looks = 0;
    client_.set_meanwhile([&] {
        if (++looks < 3)
            return;
        if (kea_->accept() && !kea_->read().empty())
            kea_->write(R"({"result": 0, "arguments": {"drops": 0}})");
        kea_->close();
    });
    EXPECT_EQ(client_.ask(R"({"command": "plugtone-status"})").value_or("nothing"),
              R"({"drops":0})");
    EXPECT_EQ(looks, 3);
}

} // namespace
} // namespace plugtone
