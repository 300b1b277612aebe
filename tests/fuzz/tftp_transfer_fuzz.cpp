// links: tftpd
// A transfer under any sequence of datagrams and waits. The input: the file's size (2 bytes), an
// option selector (1), then events, each a kind and what it needs. Whatever comes: nothing is sent
// to the peer but for an event that calls for it, an unverified peer gets three packets at most,
// and the transfer is complete only if the peer acknowledged every byte.
#include <algorithm>
#include <cstdlib>

#include "tftpd/read_transfer.hpp"

using namespace plugtone;
using namespace plugtone::tftpd;

namespace {

constexpr Tid peer{Ipv4{0xC0000205}, 3001};
constexpr Tid stranger{Ipv4{0xC0000206}, 3001};

void require(bool holds) {
    if (!holds)
        std::abort();
}

class Input {
public:
    explicit Input(ByteView bytes) : rest_(bytes) {}
    bool empty() const { return rest_.empty(); }
    std::uint8_t byte() {
        if (rest_.empty())
            return 0;
        const std::uint8_t first = rest_.front();
        rest_ = rest_.subspan(1);
        return first;
    }
    std::uint16_t word() {
        const unsigned high = byte();
        return static_cast<std::uint16_t>(high << 8U | byte());
    }
    ByteView some() {
        const std::size_t size = std::min<std::size_t>(byte(), rest_.size());
        const ByteView taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }

private:
    ByteView rest_;
};

Agreement agreement_for(std::uint8_t selector, std::uint64_t size) {
    std::vector<Option> options;
    if ((selector & 1U) != 0)
        options.push_back({"blksize", (selector & 8U) != 0 ? "8" : "1468"});
    if ((selector & 2U) != 0)
        options.push_back({"tsize", "0"});
    if ((selector & 4U) != 0)
        options.push_back({"timeout", "3"});
    if ((selector & 16U) != 0)
        options.push_back({"windowsize", (selector & 32U) != 0 ? "3" : "64"});
    return negotiate(options, size, {blksize_most, windowsize_most}).value();
}

struct Counted {
    std::size_t unverified_sends = 0;
};

void check(const Step& step, const ReadTransfer& transfer, std::uint64_t size, Counted& counted) {
    if (const auto* end = std::get_if<Finished>(&step)) {
        require(end->complete == end->reason.empty());
        require(!end->complete || transfer.bytes_acknowledged() == size);
        return;
    }
    require(transfer.bytes_acknowledged() <= size);
    if (const auto* blocks = std::get_if<SendBlocks>(&step)) {
        require(blocks->count > 0 && blocks->count <= windowsize_most);
        require(transfer.peer_verified() || blocks->count == 1);
        require((blocks->first + blocks->count - 2) * transfer.blksize() <= size);
        require(transfer.peer_verified() || ++counted.unverified_sends <= 3);
    }
    const auto* packet = std::get_if<SendPacket>(&step);
    if (packet == nullptr)
        return;
    require(decode_packet(packet->datagram).has_value());
    if (packet->to == peer && !transfer.peer_verified()) {
        require(++counted.unverified_sends <= 3);
        require(packet->datagram.size() <= data_header_size + blksize_default);
    }
    if (packet->to == stranger)
        require(packet->datagram.size() < 64);
}

Step next(ReadTransfer& transfer, Input& input, ReadTransfer::TimePoint& now) {
    switch (input.byte() % 4) {
    case 0: {
        const Bytes ack = encode_packet(Ack{input.word()});
        return transfer.on_datagram(peer, ack, now);
    }
    case 1:
        now += std::chrono::milliseconds(input.word());
        return transfer.on_timeout(now);
    case 2:
        return transfer.on_datagram(peer, input.some(), now);
    default: {
        const Step step = transfer.on_datagram(stranger, input.some(), now);
        require(!std::holds_alternative<Finished>(step));
        require(!std::holds_alternative<SendBlocks>(step));
        const auto* send = std::get_if<SendPacket>(&step);
        require(send == nullptr || send->to == stranger);
        return step;
    }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(ByteView(data, size));
    const std::uint64_t file_size = input.word();
    const Agreement agreement = agreement_for(input.byte(), file_size);
    ReadTransfer transfer(peer, agreement, file_size);
    ReadTransfer::TimePoint now{};
    Counted counted;
    Step step = transfer.start(now);
    check(step, transfer, file_size, counted);
    while (!input.empty() && !std::holds_alternative<Finished>(step)) {
        step = next(transfer, input, now);
        check(step, transfer, file_size, counted);
    }
    return 0;
}
