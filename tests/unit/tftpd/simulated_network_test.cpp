// The protocol core over a network that loses, doubles, reorders, delays and truncates packets:
// thousands of networks, each made by its seed. Whatever the network does, the bytes arrive whole
// or an error is reported, no more is sent than the protocol allows, and it ends.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "tftpd/read_transfer.hpp"

namespace plugtone::tftpd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using TimePoint = ReadTransfer::TimePoint;

constexpr Tid phone{Ipv4{0xC0000205}, 3001};
constexpr unsigned seeds = 3000;

struct Weather {
    double loss = 0;
    double copies = 0;
    double truncation = 0;
    milliseconds delay_most{1};
};

Weather weather_of(std::mt19937& random) {
    const auto upto = [&random](double most) {
        return std::uniform_real_distribution(0.0, most)(random);
    };
    return {upto(0.3), upto(0.2), upto(0.05), milliseconds(1 + random() % 200)};
}

// One direction: datagrams in the order of their arrival.
class Wire {
public:
    Wire(const Weather& weather, std::mt19937& random) : weather_(weather), random_(random) {}

    void send(Bytes datagram, TimePoint now) {
        if (happens(weather_.loss))
            return;
        const int copies = happens(weather_.copies) ? 2 : 1;
        if (happens(weather_.truncation))
            datagram.resize(random_() % (datagram.size() + 1));
        const auto most = static_cast<unsigned long>(weather_.delay_most.count());
        for (int copy = 0; copy < copies; ++copy)
            under_way_.emplace(now + milliseconds(random_() % most), datagram);
    }
    std::optional<TimePoint> next() const {
        return under_way_.empty() ? std::nullopt : std::optional(under_way_.begin()->first);
    }
    Bytes take() { return std::move(under_way_.extract(under_way_.begin()).mapped()); }

private:
    bool happens(double chance) {
        return std::uniform_real_distribution(0.0, 1.0)(random_) < chance;
    }

    const Weather& weather_;
    std::mt19937& random_;
    std::multimap<TimePoint, Bytes> under_way_;
};

// A client as RFC 1350 and RFC 7440 want it. It repeats its last ACK when nothing comes, as many
// do; a truncated DATA packet would be an end that is none, so the network never makes one of them.
class Client {
public:
    explicit Client(const Agreement& agreement) : agreement_(agreement) {}

    std::optional<Bytes> on_datagram(const Packet& packet) {
        if (std::holds_alternative<OptionAck>(packet))
            return ack();
        const auto* data = std::get_if<Data>(&packet);
        if (data == nullptr)
            return std::nullopt;
        if (data->block != (expected_ & 0xFFFFU)) {
            if (agreement_.windowsize == 1 || std::exchange(told_of_gap_, true))
                return agreement_.windowsize == 1 ? std::optional(ack()) : std::nullopt;
            in_window_ = 0;
            return ack();
        }
        told_of_gap_ = false;
        received_.insert(received_.end(), data->payload.begin(), data->payload.end());
        ++expected_;
        complete_ = complete_ || data->payload.size() < agreement_.blksize;
        if (++in_window_ < agreement_.windowsize && !complete_)
            return std::nullopt;
        in_window_ = 0;
        return ack();
    }
    Bytes ack() const {
        return encode_packet(Ack{static_cast<std::uint16_t>((expected_ - 1) & 0xFFFFU)});
    }
    bool complete() const { return complete_; }
    const Bytes& received() const { return received_; }

private:
    Agreement agreement_;
    Bytes received_;
    std::uint64_t expected_ = 1;
    std::size_t in_window_ = 0;
    bool told_of_gap_ = false;
    bool complete_ = false;
};

class Simulation {
public:
    explicit Simulation(unsigned seed)
        : random_(seed), weather_(weather_of(random_)), content_(random_() % 20000),
          agreement_(agreement()), transfer_(phone, agreement_, content_.size()),
          client_(agreement_) {
        for (auto& byte : content_)
            byte = static_cast<std::uint8_t>(random_());
    }

    void run() {
        Step step = transfer_.start(now_);
        while (!std::holds_alternative<Finished>(step)) {
            perform(step);
            ASSERT_LE(sent_, allowed());
            ASSERT_LT(now_ - TimePoint{}, seconds(3600)) << "it does not end";
            step = next_event();
        }
        const auto& end = std::get<Finished>(step);
        EXPECT_EQ(end.complete, end.reason.empty());
        if (end.complete) {
            EXPECT_TRUE(client_.complete());
            EXPECT_EQ(client_.received(), content_);
            EXPECT_EQ(transfer_.bytes_acknowledged(), content_.size());
        }
        completed_ = end.complete;
    }
    bool completed() const { return completed_; }

private:
    Agreement agreement() {
        std::vector<Option> options;
        const std::string blksize = std::to_string(8 + random_() % 1460);
        const std::string windowsize = std::to_string(1 + random_() % 20);
        if (random_() % 4 != 0)
            options.push_back({"blksize", blksize});
        if (random_() % 2 != 0)
            options.push_back({"windowsize", windowsize});
        return negotiate(options, content_.size(), {1468, 64}).value();
    }
    void perform(const Step& step) {
        if (const auto* packet = std::get_if<SendPacket>(&step))
            put(Bytes(packet->datagram.begin(), packet->datagram.end()));
        const auto* blocks = std::get_if<SendBlocks>(&step);
        for (std::size_t at = 0; blocks != nullptr && at < blocks->count; ++at) {
            const std::uint64_t block = blocks->first + at;
            const std::size_t offset = (block - 1) * agreement_.blksize;
            ASSERT_LE(offset, content_.size()) << "a block behind the file's end";
            put(encode_packet(
                Data{static_cast<std::uint16_t>(block),
                     ByteView(content_).subspan(
                         offset, std::min(agreement_.blksize, content_.size() - offset))}));
        }
    }
    void put(Bytes datagram) {
        ++sent_;
        to_client_.send(std::move(datagram), now_);
    }
    // What the protocol allows: a window for each thing that called for one.
    std::size_t allowed() const {
        return agreement_.windowsize * (1 + calls_) + (transfer_.peer_verified() ? 0 : 2);
    }
    Step next_event() {
        const auto client = to_client_.next();
        const auto server = to_server_.next();
        const TimePoint until = transfer_.until();
        if (server && *server <= until && (!client || *server <= *client)) {
            now_ = std::max(now_, *server);
            const Bytes datagram = to_server_.take();
            ++calls_;
            return transfer_.on_datagram(phone, datagram, now_);
        }
        if (client && *client <= until) {
            now_ = std::max(now_, *client);
            const Bytes datagram = to_client_.take();
            const auto packet = decode_packet(datagram);
            const auto answer = packet ? client_.on_datagram(*packet) : std::nullopt;
            if (answer)
                to_server_.send(*answer, now_);
            return Wait{};
        }
        now_ = std::max(now_, until);
        ++calls_;
        if (random_() % 2 == 0)
            to_server_.send(client_.ack(), now_);
        return transfer_.on_timeout(now_);
    }

    std::mt19937 random_;
    Weather weather_;
    Weather weather_to_client_{weather_.loss, weather_.copies, 0, weather_.delay_most};
    Bytes content_;
    Agreement agreement_;
    ReadTransfer transfer_;
    Client client_;
    Wire to_client_{weather_to_client_, random_};
    Wire to_server_{weather_, random_};
    TimePoint now_{};
    std::size_t sent_ = 0;
    std::size_t calls_ = 0;
    bool completed_ = false;
};

TEST(SimulatedNetwork, EveryTransferArrivesWholeOrFailsAndAlwaysEnds) {
    unsigned completed = 0;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Simulation simulation(seed);
        simulation.run();
        completed += simulation.completed() ? 1U : 0U;
        if (testing::Test::HasFailure())
            return;
    }
    // Up to thirty of a hundred packets lost each way, and yet:
    EXPECT_GE(completed, seeds * 97 / 100);
}

} // namespace
} // namespace plugtone::tftpd
