#include "tftpd/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loopback.hpp"
#include "tftpd/tcp_delivery.hpp"

namespace plugtone::tftpd {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Client {
public:
    explicit Client(std::uint16_t port) {
        const sockaddr_in to = loopback_address(port);
        EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    }
    void send(const std::string& text) const {
        ASSERT_EQ(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    // Up to where the pattern ends, or the connection does.
    std::string receive_until(std::string_view pattern) {
        std::string text;
        char character = 0;
        while ((pattern.empty() || !text.ends_with(pattern)) &&
               ::recv(socket_.get(), &character, 1, 0) == 1)
            text += character;
        return text;
    }
    std::string header() { return receive_until("\r\n\r\n"); }
    std::string rest() { return receive_until(""); }
    const Fd& socket() const { return socket_; }

private:
    Fd socket_ = patient_socket(AF_INET, SOCK_STREAM);
};

const std::string content(100000, 'x');

void prepare(const TemporaryTree& tree) {
    tree.write("firmware/public.bin", content);
    tree.write("firmware/small", "small");
    tree.write("firmware/cfg000b82000001.xml", "private");
}

std::string get(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

// The reply without its date, on a connection of its own.
std::string ask(const Loopback& server, const std::string& request) {
    Client client(server.http_port);
    client.send(request);
    ::shutdown(client.socket().get(), SHUT_WR);
    std::string reply = client.rest();
    const std::size_t date = reply.find("Date: ");
    if (date != std::string::npos)
        reply.erase(date, reply.find('\n', date) + 1 - date);
    return reply;
}

TEST(HttpServer, ServesAFileAndTellsTheAgent) {
    const Loopback server(prepare);
    const std::string reply = ask(server, get("//public.bin", "User-Agent: Grandstream x\r\n"));
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(reply, HasSubstr("Content-Length: 100000\r\n"));
    EXPECT_THAT(reply, HasSubstr("Content-Type: application/octet-stream\r\n"));
    EXPECT_THAT(reply, Not(HasSubstr("chunked")));
    EXPECT_TRUE(reply.ends_with("\r\n\r\n" + content));
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_started);
    const Event done = server.events.next();
    EXPECT_EQ(done.kind, EventKind::transfer_done);
    EXPECT_EQ(done["BYTES"], "100000");
    EXPECT_EQ(done["USER_AGENT"], "Grandstream x");
}

TEST(HttpServer, KeepsTheConnection) {
    const Loopback server(prepare);
    Client client(server.http_port);
    client.send(get("/small") + get("/absent") + get("/small", "Connection: close\r\n"));
    EXPECT_THAT(client.header(), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(client.receive_until("small"), "small");
    EXPECT_THAT(client.header(), StartsWith("HTTP/1.1 404"));
    EXPECT_EQ(client.receive_until("\n"), "not found\n");
    EXPECT_THAT(client.header(), HasSubstr("Connection: close\r\n"));
    EXPECT_EQ(client.rest(), "small");
}

TEST(HttpServer, AnswersHeadWithTheHeaderAlone) {
    const Loopback server(prepare);
    Client client(server.http_port);
    client.send("HEAD /public.bin HTTP/1.1\r\n\r\nHEAD /absent HTTP/1.1\r\n\r\n");
    EXPECT_THAT(client.header(), HasSubstr("Content-Length: 100000\r\n"));
    EXPECT_THAT(client.header(), StartsWith("HTTP/1.1 404"));
    ::shutdown(client.socket().get(), SHUT_WR);
    EXPECT_EQ(client.rest(), "");
}

TEST(HttpServer, ServesAPrivateFileToItsHolderOnly) {
    const Loopback server(prepare);
    const std::string refused = ask(server, get("/cfg000b82000001.xml"));
    EXPECT_EQ(refused, ask(server, get("/cfg000b82000009.xml"))); // as if it did not exist
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 404"));
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_refused);
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_absent);
    server.lease(loopback_phone);
    EXPECT_TRUE(ask(server, get("/cfg000b82000001.xml")).ends_with("\r\n\r\nprivate"));
}

TEST(HttpServer, AnswersNotModifiedToWhoHasTheFile) {
    const Loopback server(prepare);
    const std::string reply = ask(server, get("/small"));
    const std::size_t at = reply.find("ETag: ");
    ASSERT_NE(at, std::string::npos);
    const std::string tag = reply.substr(at + 6, reply.find('\r', at) - at - 6);
    const std::string again = ask(server, get("/small", "If-None-Match: " + tag + "\r\n"));
    EXPECT_THAT(again, StartsWith("HTTP/1.1 304"));
    EXPECT_TRUE(again.ends_with("\r\n\r\n"));
}

TEST(HttpServer, AnswersWhatItDoesNotServeWithTheProtocolsErrors) {
    const Loopback server(prepare);
    const std::pair<std::string, std::string> cases[] = {
        {"POST /small HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "405"},
        {"PUT /small HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "405"},
        {"DELETE /small HTTP/1.1\r\n\r\n", "405"},
        {"GET /small HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "413"},
        {"GET /small HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "413"},
        {get("/../etc/passwd"), "400"},
        {get("/%2e%2e/x"), "400"},
        {get("/a%00"), "400"},
        {get("/a%"), "400"},
        {get("*"), "400"},
        {"GET /small HTTP/2.0\r\n\r\n", "400"},
        {"rubbish\r\n\r\n", "400"},
        {get("/small", "X: " + std::string(9000, 'a') + "\r\n"), "431"},
    };
    for (const auto& [request, status] : cases)
        EXPECT_THAT(ask(server, request), StartsWith("HTTP/1.1 " + status))
            << request.substr(0, 60);
    EXPECT_THAT(ask(server, cases[0].first), HasSubstr("Allow: GET, HEAD\r\n"));
    EXPECT_THAT(ask(server, get("/small")), StartsWith("HTTP/1.1 200")); // it goes on
}

TEST(HttpServer, SpeaksHttp10) {
    const Loopback server(prepare);
    Client client(server.http_port);
    client.send("GET /small HTTP/1.0\r\n\r\n");
    EXPECT_THAT(client.rest(), StartsWith("HTTP/1.0 200 OK\r\n"));
}

TEST(HttpServer, ReportsATransferThatTheClientLeft) {
    const Loopback server([](const TemporaryTree& tree) {
        tree.write("firmware/big", std::string(32U << 20U, 'x')); // more than the buffers hold
    });
    {
        Client client(server.http_port);
        client.send(get("/big"));
        client.header();
    }
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_started);
    const Event failed = server.events.next();
    EXPECT_EQ(failed.kind, EventKind::transfer_failed);
    EXPECT_NE(failed["REASON"], "");
}

TEST(HttpServer, RefusesConnectionsBeyondItsLimit) {
    const Loopback server(prepare, {1, 1});
    Client first(server.http_port);
    first.send(get("/small"));
    first.header();
    Client second(server.http_port);
    EXPECT_THAT(second.rest(), StartsWith("HTTP/1.1 503"));
}

TEST(TcpDelivery, CountsWhatThePeerAcknowledged) {
    Settings settings;
    settings.listen = {"127.0.0.1"};
    settings.tftp_port = 0;
    settings.http_port = 0;
    const auto listeners = open_listeners(settings).value();
    Client client(port_of(listeners.at(1).socket));
    Fd server(::accept(listeners.at(1).socket.get(), nullptr, nullptr));
    ASSERT_TRUE(server);
    EXPECT_EQ(delivery_of(server.get(), 0), Delivery::complete);
    EXPECT_EQ(delivery_of(server.get(), 100), Delivery::pending);
    const std::string text(100, 'x');
    ASSERT_EQ(::send(server.get(), text.data(), text.size(), 0), 100);
    EXPECT_EQ(client.receive_until(text), text);
    EXPECT_EQ(delivery_of(server.get(), 100), Delivery::complete); // loopback acknowledges at once
    const linger abort{1, 0};
    ::setsockopt(client.socket().get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    client = Client(port_of(listeners.at(1).socket)); // the first is reset
    EXPECT_EQ(delivery_of(server.get(), 200), Delivery::lost);
}

} // namespace
} // namespace plugtone::tftpd
