#include "agent/notifier.hpp"

#include <array>
#include <set>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using testing::HasSubstr;

const Mac mac = test::mac_of("000b82000001");

// A phone's port on the loopback interface.
class Phone {
public:
    Phone() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address_), size) != 0 ||
            ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address_), &size) != 0)
            throw std::runtime_error("no socket");
    }
    SipEndpoint endpoint() const { return {Ipv4{INADDR_LOOPBACK}, ntohs(address_.sin_port)}; }
    std::string receive() {
        std::array<char, 2048> buffer{};
        socklen_t size = sizeof from_;
        const ssize_t bytes = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                         reinterpret_cast<sockaddr*>(&from_), &size);
        return std::string(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
    }
    void reply(const std::string& text) const {
        EXPECT_EQ(::sendto(socket_.get(), text.data(), text.size(), 0,
                           reinterpret_cast<const sockaddr*>(&from_), sizeof from_),
                  static_cast<ssize_t>(text.size()));
    }

private:
    Fd socket_;
    sockaddr_in address_{};
    sockaddr_in from_{};
};

std::string header(const std::string& message, const std::string& name) {
    const std::size_t at = message.find("\r\n" + name + ": ") + name.size() + 4;
    return message.substr(at, message.find("\r\n", at) - at);
}

void wait_for(const Notifier& notifier) {
    pollfd waiting{notifier.fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&waiting, 1, 60'000), 1);
}

TEST(Notifier, CarriesTheMessagesBothWays) {
    auto notifier = Notifier::open({});
    ASSERT_TRUE(notifier) << notifier.error().message;
    Phone phone;
    const auto now = Resync::Clock::now();
    notifier->resync().add({{mac, phone.endpoint(), "check-sync"}}, now);
    notifier->advance(now);
    const std::string asked = phone.receive();
    EXPECT_THAT(asked, HasSubstr("NOTIFY sip:" + phone.endpoint().text() + " SIP/2.0\r\n"));
    EXPECT_THAT(header(asked, "Via"), HasSubstr("SIP/2.0/UDP 127.0.0.1:"))
        << "as the phone sees us";
    phone.reply("rubbish");
    wait_for(*notifier);
    notifier->advance(now);
    EXPECT_EQ(notifier->malformed(), 1U);
    EXPECT_EQ(notifier->resync().reports().at(mac).outcome, ResyncOutcome::notified);
    phone.reply("SIP/2.0 200 OK\r\nVia: " + header(asked, "Via") + "\r\nCall-ID: " +
                header(asked, "Call-ID") + "\r\nCSeq: " + header(asked, "CSeq") + "\r\n\r\n");
    wait_for(*notifier);
    notifier->advance(now);
    EXPECT_EQ(notifier->resync().reports().at(mac).outcome, ResyncOutcome::answered);
}

TEST(Notifier, ANewCallIdForEachRequest) {
    auto notifier = Notifier::open({});
    ASSERT_TRUE(notifier);
    Phone phone;
    std::set<std::string> ids;
    auto now = Resync::Clock::now();
    for (int count = 0; count < 3; ++count) {
        now += std::chrono::seconds(1);
        notifier->resync().add({{mac, phone.endpoint(), "check-sync"}}, now);
        notifier->advance(now);
        ids.insert(header(phone.receive(), "Call-ID"));
    }
    EXPECT_EQ(ids.size(), 3U);
    EXPECT_EQ(ids.begin()->size(), 32U);
}

TEST(Notifier, SaysWhatCannotBeSent) {
    auto notifier = Notifier::open({});
    ASSERT_TRUE(notifier);
    const auto now = Resync::Clock::now();
    notifier->resync().add({{mac, {Ipv4{0xFFFFFFFF}, 5060}, "check-sync"}}, now);
    notifier->advance(now);
    EXPECT_EQ(notifier->resync().reports().at(mac).outcome, ResyncOutcome::failed);
    EXPECT_THAT(notifier->resync().reports().at(mac).detail, HasSubstr("255.255.255.255"));
}

TEST(Notifier, APortWhereNobodyListensIsSilenceAndNoError) {
    auto notifier = Notifier::open({});
    ASSERT_TRUE(notifier);
    const SipEndpoint nobody = Phone().endpoint();
    auto now = Resync::Clock::now();
    notifier->resync().add({{mac, nobody, "check-sync"}}, now);
    for (int count = 0; count < 70; ++count) {
        notifier->advance(now);
        now += std::chrono::milliseconds(500);
    }
    EXPECT_EQ(notifier->resync().reports().at(mac).outcome, ResyncOutcome::silent);
}

} // namespace
} // namespace plugtone
