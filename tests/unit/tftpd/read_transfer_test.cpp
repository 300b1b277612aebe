#include "tftpd/read_transfer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace plugtone::tftpd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Tid phone{Ipv4{0xC0000205}, 3001};
const Tid stranger{Ipv4{0xC0000206}, 3001};
using TimePoint = ReadTransfer::TimePoint;
const TimePoint start_time{};

Bytes pattern(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t at = 0; at < size; ++at)
        bytes[at] = static_cast<std::uint8_t>(at * 7 + at / 251);
    return bytes;
}

Agreement agreed(const std::vector<Option>& options, std::size_t size) {
    return negotiate(options, size, {65464, 65535}).value();
}

// A ReadTransfer over a content that is kept, with a clock that the test moves.
struct Fixture {
    explicit Fixture(std::size_t size, const std::vector<Option>& options = {})
        : content(pattern(size)), transfer(phone, agreed(options, size), size) {}

    Step ack(std::uint16_t block) { return from_phone(Ack{block}); }
    Step from_phone(const Packet& packet) {
        return transfer.on_datagram(phone, encode_packet(packet), now);
    }
    Step timeout_after(RoundTrip::Duration wait) {
        now += wait;
        return transfer.on_timeout(now);
    }
    // The wait is over, however long it is.
    Step timeout() {
        now = transfer.until();
        return transfer.on_timeout(now);
    }
    // What goes on the wire for a step.
    std::vector<Packet> packets(const Step& step) const {
        std::vector<Packet> made;
        if (const auto* packet = std::get_if<SendPacket>(&step))
            made.push_back(decode_packet(packet->datagram).value());
        if (const auto* blocks = std::get_if<SendBlocks>(&step))
            for (std::size_t at = 0; at < blocks->count; ++at)
                made.emplace_back(block(blocks->first + at));
        return made;
    }
    Data block(std::uint64_t number) const {
        const std::size_t offset = (number - 1) * transfer.blksize();
        EXPECT_LE(offset, content.size());
        return {static_cast<std::uint16_t>(number),
                ByteView(content).subspan(offset,
                                          std::min(transfer.blksize(), content.size() - offset))};
    }
    Packet sent(const Step& step) const {
        const auto made = packets(step);
        EXPECT_EQ(made.size(), 1U);
        return made.empty() ? Packet(Ack{}) : made.front();
    }
    Data data_of(const Step& step) const {
        const Packet packet = sent(step);
        EXPECT_TRUE(std::holds_alternative<Data>(packet));
        return std::holds_alternative<Data>(packet) ? std::get<Data>(packet) : Data{};
    }

    Bytes content;
    ReadTransfer transfer;
    TimePoint now = start_time;
};

SendBlocks blocks_of(const Step& step) {
    EXPECT_TRUE(std::holds_alternative<SendBlocks>(step));
    return std::holds_alternative<SendBlocks>(step) ? std::get<SendBlocks>(step) : SendBlocks{};
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
    EXPECT_EQ(f.data_of(first), (Data{1, f.content}));
    EXPECT_EQ(f.transfer.bytes_acknowledged(), 0U);
    EXPECT_FALSE(f.transfer.peer_verified());
    EXPECT_TRUE(finished(f.ack(1)).complete);
    EXPECT_EQ(f.transfer.bytes_acknowledged(), 100U);
    EXPECT_TRUE(f.transfer.peer_verified());
}

TEST(ReadTransfer, EndsAFileOfWholeBlocksWithAnEmptyOne) {
    Fixture f(1024);
    f.transfer.start(f.now);
    EXPECT_EQ(f.data_of(f.ack(1)).payload.size(), 512U);
    EXPECT_EQ(f.data_of(f.ack(2)), (Data{3, {}}));
    EXPECT_TRUE(finished(f.ack(3)).complete);
    EXPECT_EQ(f.transfer.bytes_acknowledged(), 1024U);
}

TEST(ReadTransfer, SendsAnEmptyFileAsAnEmptyBlock) {
    Fixture f(0);
    EXPECT_EQ(f.data_of(f.transfer.start(f.now)), (Data{1, {}}));
    EXPECT_TRUE(finished(f.ack(1)).complete);
}

TEST(ReadTransfer, StartsWithAnOackWhenSomethingIsAgreed) {
    Fixture f(100, {{"blksize", "64"}, {"tsize", "0"}});
    EXPECT_EQ(f.sent(f.transfer.start(f.now)),
              Packet(OptionAck{{{"blksize", "64"}, {"tsize", "100"}}}));
    EXPECT_EQ(f.data_of(f.ack(0)).payload.size(), 64U);
    EXPECT_EQ(f.data_of(f.ack(1)).payload.size(), 36U);
    EXPECT_TRUE(finished(f.ack(2)).complete);
}

TEST(ReadTransfer, NeverAnswersADuplicateAck) {
    Fixture f(2000);
    f.transfer.start(f.now);
    f.ack(1);
    for (int copy = 0; copy < 100; ++copy)
        EXPECT_TRUE(waits(f.ack(1)));
    EXPECT_EQ(f.data_of(f.ack(2)).block, 3);
    EXPECT_TRUE(waits(f.ack(1)));
    EXPECT_TRUE(waits(f.ack(4))); // of a block that was never sent
}

TEST(ReadTransfer, ADuplicateAckDoesNotPutOffTheRepetition) {
    Fixture f(2000);
    f.transfer.start(f.now);
    f.ack(1);
    const auto until = f.transfer.until();
    f.now += milliseconds(15);
    EXPECT_TRUE(waits(f.ack(1)));
    EXPECT_EQ(f.transfer.until(), until);
}

TEST(ReadTransfer, RepeatsOnTimeoutWithDoublingWaitsUntilItsPatienceEnds) {
    Fixture f(2000);
    f.transfer.start(f.now);
    f.now += milliseconds(4);
    f.ack(1);
    EXPECT_EQ(f.transfer.until() - f.now, RoundTrip::floor); // measured: 4 ms
    EXPECT_TRUE(waits(f.transfer.on_timeout(f.transfer.until() - milliseconds(1))));
    auto wait = RoundTrip::Duration(RoundTrip::floor);
    const auto began = f.now;
    Step step = f.timeout();
    int sends = 1;
    for (; !std::holds_alternative<Finished>(step); step = f.timeout(), ++sends) {
        EXPECT_EQ(f.data_of(step).block, 2);
        wait = std::min<RoundTrip::Duration>(wait * 2, RoundTrip::ceiling);
        EXPECT_EQ(f.transfer.until() - f.now, wait);
    }
    EXPECT_GE(f.now - began, seconds(30));
    EXPECT_LE(f.now - began, seconds(36));
    EXPECT_LE(sends, 16);
    const Finished end = finished(step);
    EXPECT_FALSE(end.complete);
    EXPECT_EQ(end.reason, "no answer to " + std::to_string(sends) + " sendings of block 2");
    EXPECT_TRUE(end.last_datagram.empty());
    EXPECT_EQ(f.transfer.bytes_acknowledged(), 512U);
}

TEST(ReadTransfer, MeasuresNothingByAPacketThatWasRepeated) {
    Fixture f(4000);
    f.transfer.start(f.now);
    f.now += milliseconds(4);
    f.ack(1);
    f.timeout(); // 20 ms, then 40
    f.timeout(); // then 80
    f.ack(2);    // of which sending? The wait stays long
    EXPECT_EQ(f.transfer.until() - f.now, milliseconds(80));
    f.now += milliseconds(4);
    f.ack(3); // measured anew
    EXPECT_EQ(f.transfer.until() - f.now, RoundTrip::floor);
}

TEST(ReadTransfer, GivesAnUnverifiedPeerThreeSmallPacketsAtMost) {
    for (const bool with_options : {false, true}) {
        Fixture f(100000, with_options
                              ? std::vector<Option>{{"blksize", "1468"}, {"windowsize", "64"}}
                              : std::vector<Option>{});
        std::size_t count = 0;
        Step step = f.transfer.start(f.now);
        for (; !std::holds_alternative<Finished>(step); step = f.timeout()) {
            ++count;
            EXPECT_LE(encode_packet(f.sent(step)).size(), 516U);
        }
        EXPECT_EQ(count, 3U);
        EXPECT_GE(f.now - start_time, seconds(6)); // a phone may be slow to begin
        EXPECT_FALSE(finished(step).complete);
    }
}

TEST(ReadTransfer, UsesTheAgreedTimeout) {
    Fixture f(2000, {{"timeout", "20"}});
    f.transfer.start(f.now);
    EXPECT_EQ(f.transfer.until(), f.now + seconds(20));
    f.ack(0);
    EXPECT_EQ(f.data_of(f.timeout_after(seconds(20))).block, 1);
    EXPECT_EQ(f.transfer.until(), f.now + seconds(20));
    int sends = 2;
    for (; !std::holds_alternative<Finished>(f.timeout()); ++sends) {
    }
    EXPECT_EQ(sends, 6); // its patience is six timeouts
}

TEST(ReadTransfer, SendsAWindowAndWaitsForOneAck) {
    Fixture f(100 * 512, {{"windowsize", "8"}});
    f.transfer.start(f.now);
    EXPECT_EQ(blocks_of(f.ack(0)).count, 8U);
    const SendBlocks second = blocks_of(f.ack(8));
    EXPECT_EQ(second.first, 9U);
    EXPECT_EQ(second.count, 8U);
    EXPECT_EQ(f.transfer.bytes_acknowledged(), 8U * 512);
}

TEST(ReadTransfer, TheLastWindowEndsWithTheFile) {
    Fixture f(3 * 512, {{"windowsize", "8"}});
    f.transfer.start(f.now);
    EXPECT_EQ(blocks_of(f.ack(0)).count, 4U); // the fourth is empty
    EXPECT_TRUE(finished(f.ack(4)).complete);
}

TEST(ReadTransfer, GoesOnBehindAnAckFromWithinTheWindow) {
    Fixture f(100 * 512, {{"windowsize", "8"}});
    f.transfer.start(f.now);
    f.ack(0);
    const SendBlocks next = blocks_of(f.ack(3)); // the fourth was lost
    EXPECT_EQ(next.first, 4U);
    EXPECT_EQ(next.count, 8U);
    EXPECT_EQ(f.transfer.packets_repeated(), 5U);
}

TEST(ReadTransfer, HeedsOneRepeatedAckForALostBeginningOfAWindow) {
    Fixture f(100 * 512, {{"windowsize", "8"}});
    f.transfer.start(f.now);
    f.now += milliseconds(4);
    f.ack(0);
    f.now += milliseconds(4);
    f.ack(8);
    EXPECT_TRUE(waits(f.ack(8))); // too soon to answer the window: a copy
    f.now += milliseconds(4);
    EXPECT_EQ(blocks_of(f.ack(8)).first, 9U);
    f.now += milliseconds(4);
    EXPECT_TRUE(waits(f.ack(8))); // once
    EXPECT_EQ(blocks_of(f.ack(16)).first, 17U);
}

TEST(ReadTransfer, RepeatsAWholeWindowWhenItsTimeIsUp) {
    Fixture f(100 * 512, {{"windowsize", "8"}});
    f.transfer.start(f.now);
    f.ack(0);
    f.ack(8);
    const SendBlocks again = blocks_of(f.timeout());
    EXPECT_EQ(again.first, 9U);
    EXPECT_EQ(again.count, 8U);
}

TEST(ReadTransfer, AnswersAStrangerWithError5AndGoesOn) {
    Fixture f(2000);
    f.transfer.start(f.now);
    const auto until = f.transfer.until();
    const Bytes ack = encode_packet(Ack{1});
    const Step step = f.transfer.on_datagram(stranger, ack, f.now + milliseconds(10));
    EXPECT_EQ(std::get<SendPacket>(step).to, stranger);
    EXPECT_EQ(f.transfer.until(), until);
    EXPECT_EQ(std::get<ErrorPacket>(f.sent(step)).code, ErrorCode::unknown_transfer);
    EXPECT_FALSE(f.transfer.peer_verified());
    EXPECT_EQ(f.data_of(f.ack(1)).block, 2);
}

TEST(ReadTransfer, AnswersNeitherTheErrorsNorTheNoiseOfStrangers) {
    Fixture f(2000);
    f.transfer.start(f.now);
    const Bytes error = encode_packet(ErrorPacket{ErrorCode::undefined, "x"});
    EXPECT_TRUE(waits(f.transfer.on_datagram(stranger, error, f.now)));
    EXPECT_TRUE(waits(f.transfer.on_datagram(stranger, Bytes{1, 2, 3}, f.now)));
    EXPECT_TRUE(waits(f.transfer.on_datagram(phone, Bytes{}, f.now)));
    EXPECT_EQ(f.data_of(f.ack(1)).block, 2);
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

TEST(ReadTransfer, FailsWithAConstantTextWhenTheContentIsLost) {
    Fixture f(2000);
    f.transfer.start(f.now);
    const Finished end = f.transfer.on_lost_content("/srv/secret: Input/output error");
    EXPECT_FALSE(end.complete);
    EXPECT_EQ(end.reason, "/srv/secret: Input/output error");
    const auto packet = decode_packet(end.last_datagram);
    ASSERT_TRUE(packet);
    EXPECT_EQ(std::get<ErrorPacket>(*packet).text, "the file changed: ask again");
}

TEST(ReadTransfer, WrapsBlockNumbersToZero) {
    for (const char* window : {"1", "7"}) {
        constexpr std::size_t size = 8 * 70000 + 3;
        Fixture f(size, {{"blksize", "8"}, {"windowsize", window}});
        Step step = f.transfer.start(f.now);
        std::uint64_t blocks = 0;
        while (!std::holds_alternative<Finished>(step)) {
            const auto* sent = std::get_if<SendBlocks>(&step);
            blocks = sent != nullptr ? sent->first + sent->count - 1 : 0;
            step = f.ack(static_cast<std::uint16_t>(blocks));
        }
        EXPECT_TRUE(finished(step).complete);
        EXPECT_EQ(blocks, 70001U);
        EXPECT_EQ(f.transfer.bytes_acknowledged(), size);
    }
}

} // namespace
} // namespace plugtone::tftpd
