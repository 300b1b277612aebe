#include "tftpd/tftp_server.hpp"

#include <gtest/gtest.h>

#include "loopback.hpp"

namespace plugtone::tftpd {
namespace {

// A client's port, and the server's that answered it.
class Client {
public:
    explicit Client(std::uint16_t port) : to_(loopback_address(port)) {}

    void send(const Packet& packet) const { send_to(packet, to_); }
    // As if it had come from nowhere: to the port that answered last.
    void reply(const Packet& packet) const { send_to(packet, from_); }
    Packet receive() {
        socklen_t size = sizeof from_;
        datagram_.resize(data_header_size + blksize_most);
        const ssize_t got = ::recvfrom(socket_.get(), datagram_.data(), datagram_.size(), 0,
                                       reinterpret_cast<sockaddr*>(&from_), &size);
        EXPECT_GE(got, 0) << "no answer";
        datagram_.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        auto packet = decode_packet(datagram_);
        EXPECT_TRUE(packet);
        if (!packet)
            return OptionAck{};
        return std::move(*packet);
    }
    const Bytes& datagram() const { return datagram_; }
    void answer_from(const Client& other) { from_ = other.from_; }
    std::uint16_t server_port() const { return ntohs(from_.sin_port); }

    // The whole file; fails the test if it does not come.
    std::string fetch(const Request& request) {
        std::string content;
        send(request);
        for (std::uint16_t expected = 1;;) {
            const Packet packet = receive();
            if (std::holds_alternative<OptionAck>(packet)) {
                reply(Ack{0});
                continue;
            }
            const auto* data = std::get_if<Data>(&packet);
            EXPECT_NE(data, nullptr);
            if (data == nullptr || data->block != expected++)
                return content;
            content += as_text(data->payload);
            blksize = std::max(blksize, data->payload.size());
            reply(Ack{data->block});
            if (data->payload.size() < blksize)
                return content;
        }
    }
    std::size_t blksize = blksize_default;

private:
    void send_to(const Packet& packet, const sockaddr_in& to) const {
        const Bytes bytes = encode_packet(packet);
        ASSERT_GT(::sendto(socket_.get(), bytes.data(), bytes.size(), 0,
                           reinterpret_cast<const sockaddr*>(&to), sizeof to),
                  0);
    }

    Fd socket_ = patient_socket(AF_INET, SOCK_DGRAM);
    sockaddr_in to_;
    sockaddr_in from_{};
    Bytes datagram_;
};

const std::string content(3000, 'x');

void prepare(const TemporaryTree& tree) {
    tree.write("firmware/public.bin", content);
    tree.write("firmware/cfg000b82000001.xml", "private");
}

TEST(TftpServer, ServesAFileAndTellsTheAgent) {
    const Loopback server(prepare);
    Client client(server.tftp_port);
    EXPECT_EQ(client.fetch({false,
                            "/public.bin",
                            "Octet",
                            {{"blksize", "1024"}, {"grandstream_ID", "000b82000001"}}}),
              content);
    EXPECT_EQ(client.blksize, 1024U);
    EXPECT_NE(client.server_port(), server.tftp_port); // a transfer identifier of its own
    const Event started = server.events.next();
    EXPECT_EQ(started.kind, EventKind::transfer_started);
    EXPECT_EQ(started["DEVICE_ID"], "000b82000001");
    const Event done = server.events.next();
    EXPECT_EQ(done.kind, EventKind::transfer_done);
    EXPECT_EQ(done["BYTES"], "3000");
}

TEST(TftpServer, ServesAPrivateFileToItsHolderOnly) {
    const Loopback server(prepare);
    Client client(server.tftp_port);
    const Request wanted{false, "cfg000b82000001.xml", "octet", {}};
    client.send(wanted);
    client.receive();
    const Bytes refused = client.datagram();
    client.send(Request{false, "cfg000b82000009.xml", "octet", {}});
    client.receive();
    EXPECT_EQ(client.datagram(), refused); // as if it did not exist
    const Event event = server.events.next();
    EXPECT_EQ(event.kind, EventKind::transfer_refused);
    EXPECT_EQ(event["OWNER"], "000b82000001");
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_absent);
    server.lease(loopback_phone);
    EXPECT_EQ(Client(server.tftp_port).fetch(wanted), "private");
}

TEST(TftpServer, AnswersWhatItDoesNotServeWithTheProtocolsErrors) {
    const Loopback server(prepare);
    const std::pair<Request, ErrorCode> cases[] = {
        {{true, "public.bin", "octet", {}}, ErrorCode::access_violation},
        {{false, "absent", "octet", {}}, ErrorCode::not_found},
        {{false, "../bindings", "octet", {}}, ErrorCode::not_found},
        {{false, "public.bin", "mail", {}}, ErrorCode::undefined},
        {{false, "public.bin", "octet", {{"tsize", "0"}, {"tsize", "0"}}},
         ErrorCode::option_refused},
        {{false, "public.bin", "octet", {{"", "x"}}}, ErrorCode::illegal_operation},
    };
    for (const auto& [request, code] : cases) {
        Client client(server.tftp_port);
        client.send(request);
        const Packet packet = client.receive();
        ASSERT_TRUE(std::holds_alternative<ErrorPacket>(packet)) << request.name;
        EXPECT_EQ(std::get<ErrorPacket>(packet).code, code) << request.name;
    }
}

TEST(TftpServer, TranslatesInModeNetascii) {
    const Loopback server(
        [](const TemporaryTree& tree) { tree.write("firmware/text", "one\ntwo\r\n"); });
    Client client(server.tftp_port);
    using namespace std::string_literals;
    EXPECT_EQ(client.fetch({false, "text", "NetASCII", {}}), "one\r\ntwo\r\0\r\n"s);
}

TEST(TftpServer, SendsWindowsOfALargeFile) {
    const std::string large(300000, 'y');
    const Loopback server(
        [&](const TemporaryTree& tree) { tree.write("firmware/large.bin", large); });
    Client client(server.tftp_port);
    client.send(Request{false, "large.bin", "octet", {{"blksize", "1428"}, {"windowsize", "4"}}});
    EXPECT_TRUE(std::holds_alternative<OptionAck>(client.receive()));
    std::string received;
    std::uint16_t block = 0;
    for (bool is_end = false; !is_end;) {
        client.reply(Ack{block});
        for (int count = 0; count < 4 && !is_end; ++count) {
            const Packet packet = client.receive();
            ASSERT_TRUE(std::holds_alternative<Data>(packet));
            const auto& data = std::get<Data>(packet);
            ASSERT_EQ(data.block, ++block);
            received += as_text(data.payload);
            is_end = data.payload.size() < 1428;
        }
    }
    client.reply(Ack{block});
    EXPECT_EQ(received, large);
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_started);
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_done);
}

TEST(TftpServer, ATransferFailsWhenItsFileIsWrittenOver) {
    const Loopback server([](const TemporaryTree& tree) {
        tree.write("firmware/large.bin", std::string(300000, 'y'));
    });
    Client client(server.tftp_port);
    client.send(Request{false, "large.bin", "octet", {{"blksize", "1428"}}});
    EXPECT_TRUE(std::holds_alternative<OptionAck>(client.receive()));
    client.reply(Ack{0});
    client.receive();
    server.tree.write("firmware/large.bin", "short"); // in place: the mapping loses its pages
    Packet packet = Ack{};
    for (std::uint16_t block = 1; !std::holds_alternative<ErrorPacket>(packet); ++block) {
        ASSERT_LT(block, 212);
        client.reply(Ack{block});
        packet = client.receive();
    }
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_started);
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_failed);
}

TEST(TftpServer, AnswersAStrangerAndGoesOnWithThePeer) {
    const Loopback server(prepare);
    Client client(server.tftp_port);
    Client stranger(server.tftp_port);
    client.send(Request{false, "public.bin", "octet", {}});
    EXPECT_EQ(std::get<Data>(client.receive()).block, 1);
    stranger.answer_from(client);
    stranger.reply(Ack{1});
    EXPECT_EQ(std::get<ErrorPacket>(stranger.receive()).code, ErrorCode::unknown_transfer);
    client.reply(Ack{1});
    EXPECT_EQ(std::get<Data>(client.receive()).block, 2);
}

TEST(TftpServer, TakesARepeatedRequestForOneAndANewOneForANewOne) {
    const Loopback server(prepare);
    Client client(server.tftp_port);
    const Request first{false, "public.bin", "octet", {}};
    client.send(first);
    client.receive();
    const auto port = client.server_port();
    client.send(first); // its copy, still on the wire
    client.reply(Ack{1});
    EXPECT_EQ(std::get<Data>(client.receive()).block, 2);
    EXPECT_EQ(client.server_port(), port);
    client.send(first); // after an answer: the client has started over
    EXPECT_EQ(std::get<Data>(client.receive()).block, 1);
    EXPECT_NE(client.server_port(), port);
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_started);
    const Event left = server.events.next();
    EXPECT_EQ(left.kind, EventKind::transfer_failed);
    EXPECT_EQ(left["REASON"], "the client asked anew");
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_started);
}

TEST(TftpServer, KeepsToItsLimitsInSilence) {
    const Loopback server(prepare, {1, 1});
    Client first(server.tftp_port);
    Client second(server.tftp_port);
    first.send(Request{false, "public.bin", "octet", {}});
    first.receive();
    second.send(Request{false, "public.bin", "octet", {}}); // no place: no answer
    first.reply(Ack{1});
    first.receive(); // by now the other request has been read
    first.reply(ErrorPacket{ErrorCode::undefined, "enough"});
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_started);
    EXPECT_EQ(server.events.next().kind, EventKind::transfer_failed);
    EXPECT_EQ(second.fetch({false, "public.bin", "octet", {}}), content);
}

} // namespace
} // namespace plugtone::tftpd
