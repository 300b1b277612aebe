#include "tftpd/read_transfer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <random>

namespace plugtone::tftpd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Tid phone{Ipv4{0xC0000205}, 3001};
const Tid stranger{Ipv4{0xC0000206}, 3001};
const TimePoint start_time{};

Bytes pattern(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t at = 0; at < size; ++at)
        bytes[at] = static_cast<std::uint8_t>(at * 7 + at / 251);
    return bytes;
}

ReadTransfer::ReadBlock reader_of(const Bytes& content) {
    return [&content](std::uint64_t offset, std::span<std::uint8_t> into) -> Result<std::size_t> {
        const std::size_t left = content.size() - std::min<std::size_t>(offset, content.size());
        const std::size_t count = std::min(left, into.size());
        std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
        return count;
    };
}

Agreement agreed(const std::vector<Option>& options, std::size_t size) {
    return negotiate(options, size, 65464).value();
}

// A ReadTransfer over a content that is kept, with a clock that the test moves.
struct Fixture {
    explicit Fixture(std::size_t size, const std::vector<Option>& options = {})
        : content(pattern(size)), transfer(phone, agreed(options, size), size, reader_of(content)) {
    }

    Step ack(std::uint16_t block) { return from_phone(Ack{block}); }
    Step from_phone(const Packet& packet) {
        return transfer.on_datagram(phone, encode_packet(packet), now);
    }
    Step timeout_after(milliseconds wait) {
        now += wait;
        return transfer.on_timeout(now);
    }

    Bytes content;
    ReadTransfer transfer;
    TimePoint now = start_time;
};

Packet sent(const Step& step) {
    const auto* send = std::get_if<Send>(&step);
    EXPECT_NE(send, nullptr);
    if (send == nullptr)
        return Ack{};
    return decode_packet(send->datagram).value();
}
Data data_of(const Step& step) {
    const Packet packet = sent(step);
    EXPECT_TRUE(std::holds_alternative<Data>(packet));
    return std::holds_alternative<Data>(packet) ? std::get<Data>(packet) : Data{};
}
bool waits(const Step& step) {
    return std::holds_alternative<Wait>(step);
}
Finished finished(const Step& step) {
    EXPECT_TRUE(std::holds_alternative<Finished>(step));
    return std::holds_alternative<Finished>(step) ? std::get<Finished>(step) : Finished{};
}

TEST(ReadTransfer, SendsASmallFileInOneBlock) {
    Fixture f(100);
    const Step first = f.transfer.start(f.now);
    EXPECT_EQ(data_of(first), (Data{1, f.content}));
    EXPECT_EQ(std::get<Send>(first).to, phone);
    EXPECT_EQ(f.transfer.bytes_acknowledged(), 0U);
    EXPECT_FALSE(f.transfer.peer_verified());
    EXPECT_TRUE(finished(f.ack(1)).complete);
    EXPECT_EQ(f.transfer.bytes_acknowledged(), 100U);
    EXPECT_TRUE(f.transfer.peer_verified());
}

TEST(ReadTransfer, EndsAFileOfWholeBlocksWithAnEmptyOne) {
    Fixture f(1024);
    f.transfer.start(f.now);
    EXPECT_EQ(data_of(f.ack(1)).payload.size(), 512U);
    EXPECT_EQ(data_of(f.ack(2)), (Data{3, {}}));
    EXPECT_TRUE(finished(f.ack(3)).complete);
    EXPECT_EQ(f.transfer.bytes_acknowledged(), 1024U);
}

TEST(ReadTransfer, SendsAnEmptyFileAsAnEmptyBlock) {
    Fixture f(0);
    EXPECT_EQ(data_of(f.transfer.start(f.now)), (Data{1, {}}));
    EXPECT_TRUE(finished(f.ack(1)).complete);
}

TEST(ReadTransfer, StartsWithAnOackWhenSomethingIsAgreed) {
    Fixture f(100, {{"blksize", "64"}, {"tsize", "0"}});
    EXPECT_EQ(sent(f.transfer.start(f.now)),
              Packet(OptionAck{{{"blksize", "64"}, {"tsize", "100"}}}));
    EXPECT_EQ(data_of(f.ack(0)).payload.size(), 64U);
    EXPECT_EQ(data_of(f.ack(1)).payload.size(), 36U);
    EXPECT_TRUE(finished(f.ack(2)).complete);
}

TEST(ReadTransfer, NeverAnswersADuplicateAck) {
    Fixture f(2000);
    f.transfer.start(f.now);
    f.ack(1);
    for (int copy = 0; copy < 100; ++copy)
        EXPECT_TRUE(waits(f.ack(1)));
    EXPECT_EQ(data_of(f.ack(2)).block, 3);
    EXPECT_TRUE(waits(f.ack(1)));
    EXPECT_TRUE(waits(f.ack(4))); // of a block that was never sent
}

TEST(ReadTransfer, ADuplicateAckDoesNotPutOffTheRepetition) {
    Fixture f(2000);
    f.transfer.start(f.now);
    f.ack(1);
    f.now += milliseconds(900);
    EXPECT_EQ(std::get<Wait>(f.ack(1)).until, start_time + milliseconds(1000));
}

TEST(ReadTransfer, RepeatsOnTimeoutWithDoublingWaitsUpToALimit) {
    Fixture f(2000);
    f.transfer.start(f.now);
    const Step second = f.ack(1);
    EXPECT_EQ(std::get<Send>(second).until, f.now + seconds(1));
    EXPECT_TRUE(waits(f.timeout_after(milliseconds(999))));
    f.now -= milliseconds(999);
    for (const int wait : {1, 2, 4, 8, 8}) {
        const Step again = f.timeout_after(seconds(wait));
        EXPECT_EQ(data_of(again).block, 2);
        EXPECT_EQ(std::get<Send>(again).until, f.now + seconds(std::min(wait * 2, 8)));
    }
    const Finished end = finished(f.timeout_after(seconds(8)));
    EXPECT_FALSE(end.complete);
    EXPECT_EQ(end.reason, "no answer to 6 sendings of block 2");
    EXPECT_TRUE(end.last_datagram.empty());
    EXPECT_EQ(f.transfer.bytes_acknowledged(), 512U);
}

TEST(ReadTransfer, StartsTheWaitsAnewAfterProgress) {
    Fixture f(2000);
    f.transfer.start(f.now);
    f.timeout_after(seconds(1));
    f.timeout_after(seconds(2));
    EXPECT_EQ(std::get<Send>(f.ack(1)).until, f.now + seconds(1));
}

TEST(ReadTransfer, GivesAnUnverifiedPeerThreeSmallPacketsAtMost) {
    for (const bool with_options : {false, true}) {
        Fixture f(100000,
                  with_options ? std::vector<Option>{{"blksize", "1468"}} : std::vector<Option>{});
        std::size_t packets = 0;
        Step step = f.transfer.start(f.now);
        while (const auto* send = std::get_if<Send>(&step)) {
            ++packets;
            EXPECT_LE(send->datagram.size(), 516U);
            f.now = send->until;
            step = f.transfer.on_timeout(f.now);
        }
        EXPECT_EQ(packets, 3U);
        EXPECT_FALSE(finished(step).complete);
    }
}

TEST(ReadTransfer, UsesTheAgreedTimeout) {
    Fixture f(2000, {{"timeout", "20"}});
    EXPECT_EQ(std::get<Send>(f.transfer.start(f.now)).until, f.now + seconds(20));
    const Step again = f.timeout_after(seconds(20));
    EXPECT_EQ(std::get<Send>(again).until, f.now + seconds(20));
}

TEST(ReadTransfer, AnswersAStrangerWithError5AndGoesOn) {
    Fixture f(2000);
    f.transfer.start(f.now);
    const Bytes ack = encode_packet(Ack{1});
    const Step step = f.transfer.on_datagram(stranger, ack, f.now + milliseconds(10));
    EXPECT_EQ(std::get<Send>(step).to, stranger);
    EXPECT_EQ(std::get<Send>(step).until, f.now + seconds(1));
    EXPECT_EQ(std::get<ErrorPacket>(sent(step)).code, ErrorCode::unknown_transfer);
    EXPECT_FALSE(f.transfer.peer_verified());
    EXPECT_EQ(data_of(f.ack(1)).block, 2);
}

TEST(ReadTransfer, AnswersNeitherTheErrorsNorTheNoiseOfStrangers) {
    Fixture f(2000);
    f.transfer.start(f.now);
    const Bytes error = encode_packet(ErrorPacket{ErrorCode::undefined, "x"});
    EXPECT_TRUE(waits(f.transfer.on_datagram(stranger, error, f.now)));
    EXPECT_TRUE(waits(f.transfer.on_datagram(stranger, Bytes{1, 2, 3}, f.now)));
    EXPECT_TRUE(waits(f.transfer.on_datagram(phone, Bytes{}, f.now)));
    EXPECT_EQ(data_of(f.ack(1)).block, 2);
}

TEST(ReadTransfer, EndsWithoutAnswerOnTheClientsError) {
    Fixture f(2000);
    f.transfer.start(f.now);
    const Finished end = finished(f.from_phone(ErrorPacket{ErrorCode::disk_full, "full\n"}));
    EXPECT_FALSE(end.complete);
    EXPECT_EQ(end.reason, "the client ended it with error 3, 'full\\x0a'");
    EXPECT_TRUE(end.last_datagram.empty());
}

TEST(ReadTransfer, IgnoresTheRequestRepeatedAndRefusesDataFromTheClient) {
    Fixture f(2000);
    f.transfer.start(f.now);
    EXPECT_TRUE(waits(f.from_phone(Request{false, "x", "octet", {}})));
    const Finished end = finished(f.from_phone(Data{1, {}}));
    EXPECT_FALSE(end.complete);
    const auto packet = decode_packet(end.last_datagram);
    ASSERT_TRUE(packet);
    EXPECT_EQ(std::get<ErrorPacket>(*packet).code, ErrorCode::illegal_operation);
}

TEST(ReadTransfer, FailsWithAConstantTextWhenTheFileCannotBeRead) {
    ReadTransfer transfer(phone, {}, 2000, [](std::uint64_t, std::span<std::uint8_t>) {
        return Result<std::size_t>(fail(ErrorKind::io, "/srv/secret: Input/output error"));
    });
    const Finished end = finished(transfer.start(start_time));
    EXPECT_EQ(end.reason, "/srv/secret: Input/output error");
    const auto packet = decode_packet(end.last_datagram);
    ASSERT_TRUE(packet);
    EXPECT_EQ(std::get<ErrorPacket>(*packet).text, "cannot read the file");
}

TEST(ReadTransfer, FailsWhenTheFileBecomesShorter) {
    Fixture f(2000);
    f.transfer.start(f.now);
    f.content.resize(600);
    const Finished end = finished(f.ack(1));
    EXPECT_EQ(end.reason, "the file became shorter than 2000 bytes");
}

// A client as RFC 1350 wants it, behind a wire that loses, doubles and reorders.
struct Client {
    Bytes received;
    std::uint64_t expected = 1;
    std::size_t blksize;

    std::optional<Packet> on(const Packet& packet) {
        if (std::holds_alternative<OptionAck>(packet))
            return Ack{0};
        const auto& data = std::get<Data>(packet);
        if (data.block == (expected & 0xFFFFU)) {
            received.insert(received.end(), data.payload.begin(), data.payload.end());
            ++expected;
        }
        return Ack{data.block};
    }
};

TEST(ReadTransfer, WrapsBlockNumbersToZero) {
    constexpr std::size_t size = 8 * 70000 + 3;
    Fixture f(size, {{"blksize", "8"}});
    Client client{{}, 1, 8};
    Step step = f.transfer.start(f.now);
    while (std::holds_alternative<Send>(step))
        step = f.from_phone(*client.on(sent(step)));
    EXPECT_TRUE(finished(step).complete);
    EXPECT_EQ(client.received, f.content);
    EXPECT_EQ(client.expected, 70002U);
    EXPECT_EQ(f.transfer.bytes_acknowledged(), size);
}

TEST(ReadTransfer, SurvivesLossDuplicatesAndReordering) {
    for (unsigned seed = 1; seed <= 50; ++seed) {
        Fixture f(20000, {{"blksize", "512"}});
        Client client{{}, 1, 512};
        std::mt19937 random(seed);
        std::deque<Bytes> acks; // on their way to the server
        std::size_t sends = 0;
        Step step = f.transfer.start(f.now);
        while (!std::holds_alternative<Finished>(step)) {
            if (std::holds_alternative<Send>(step)) {
                ++sends;
                const auto fate = random() % 10;
                if (const auto answer = client.on(sent(step)); fate > 0)
                    acks.insert(fate > 7 ? acks.begin() : acks.end(), fate > 8 ? 2 : 1,
                                encode_packet(*answer));
            }
            if (acks.empty()) {
                f.now += seconds(10);
                step = f.transfer.on_timeout(f.now);
                continue;
            }
            step = f.transfer.on_datagram(phone, acks.front(), f.now);
            acks.pop_front();
        }
        EXPECT_TRUE(finished(step).complete) << "seed " << seed;
        EXPECT_EQ(client.received, f.content) << "seed " << seed;
        EXPECT_LE(sends, 60U) << "seed " << seed; // 41 packets and a tenth lost: no storm
    }
}

} // namespace
} // namespace plugtone::tftpd
