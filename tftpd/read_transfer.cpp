#include "tftpd/read_transfer.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"

namespace plugtone::tftpd {

ReadTransfer::ReadTransfer(Tid peer, const Agreement& agreement, std::uint64_t size, ReadBlock read,
                           RetryPolicy policy)
    : peer_(peer), blksize_(agreement.blksize), size_(size), read_(std::move(read)),
      policy_(policy), has_oack_(!agreement.acknowledged.empty()) {
    if (agreement.timeout) {
        policy_.first_wait = *agreement.timeout;
        policy_.longest_wait = std::max(policy_.longest_wait, policy_.first_wait);
    }
    if (!has_oack_)
        return;
    OptionAck oack;
    for (const auto& [name, value] : agreement.acknowledged)
        oack.options.push_back({name, value});
    datagram_ = encode_packet(oack);
}

Step ReadTransfer::start(TimePoint now) {
    return has_oack_ ? send_first_time(now) : send_block(1, now);
}

std::uint64_t ReadTransfer::bytes_acknowledged() const {
    // The block in flight is not acknowledged, those before it are.
    const std::uint64_t blocks = block_ == 0 ? 0 : block_ - 1;
    return std::min(blocks * blksize_, size_);
}

Step ReadTransfer::on_datagram(const Tid& from, ByteView datagram, TimePoint now) {
    const auto packet = decode_packet(datagram);
    if (!packet)
        return Wait{until_}; // no TFTP at all: silence, for it is no message that could be answered
    const auto* error = std::get_if<ErrorPacket>(&*packet);
    if (from != peer_) {
        if (error != nullptr)
            return Wait{until_}; // an ERROR is never answered (RFC 1350 section 2)
        answer_ = encode_packet(ErrorPacket{ErrorCode::unknown_transfer, "unknown transfer"});
        return Send{from, answer_, until_};
    }
    if (error != nullptr) {
        verified_ = true;
        return Finished{false,
                        "the client ended it with error " +
                            std::to_string(static_cast<unsigned>(error->code)) + ", '" +
                            printable(error->text) + "'",
                        {}};
    }
    if (const auto* ack = std::get_if<Ack>(&*packet))
        return on_ack(ack->block, now);
    if (std::holds_alternative<Request>(*packet))
        return Wait{until_}; // the request repeated to the wrong port: ours repeats by itself
    return give_up(ErrorCode::illegal_operation, "only ACK or ERROR here",
                   "the client sent DATA or OACK");
}

Step ReadTransfer::on_ack(std::uint16_t block, TimePoint now) {
    if (block != (block_ & 0xFFFFU))
        return Wait{until_};
    verified_ = true;
    if (block_ == last_block()) {
        ++block_; // all of it is acknowledged now
        return Finished{true, {}, {}};
    }
    return send_block(block_ + 1, now);
}

Step ReadTransfer::send_block(std::uint64_t block, TimePoint now) {
    const std::uint64_t offset = (block - 1) * blksize_;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(blksize_, size_ - offset));
    block_ = block;
    datagram_.resize(data_header_size + wanted);
    const std::span<std::uint8_t> whole(datagram_);
    // After 65535 comes 0: every client that reads large files at all expects that.
    write_data_header(static_cast<std::uint16_t>(block & 0xFFFFU), whole.first<data_header_size>());
    if (wanted > 0) {
        const auto got = read_(offset, whole.subspan(data_header_size));
        if (!got)
            return give_up(ErrorCode::undefined, "cannot read the file", got.error().message);
        if (*got != wanted)
            return give_up(ErrorCode::undefined, "cannot read the file",
                           "the file became shorter than " + std::to_string(size_) + " bytes");
    }
    return send_first_time(now);
}

Step ReadTransfer::send_first_time(TimePoint now) {
    sends_ = 1;
    wait_ = policy_.first_wait;
    until_ = now + wait_;
    return Send{peer_, datagram_, until_};
}

Step ReadTransfer::on_timeout(TimePoint now) {
    if (now < until_)
        return Wait{until_};
    if (sends_ >= (verified_ ? policy_.sends : policy_.sends_unverified))
        return Finished{false,
                        "no answer to " + std::to_string(sends_) +
                            (block_ == 0 ? " sendings of the OACK"
                                         : " sendings of block " + std::to_string(block_)),
                        {}};
    return send_again(now);
}

Step ReadTransfer::send_again(TimePoint now) {
    ++sends_;
    wait_ = std::min(wait_ * 2, policy_.longest_wait);
    until_ = now + wait_;
    return Send{peer_, datagram_, until_};
}

Step ReadTransfer::give_up(ErrorCode code, std::string_view text, std::string reason) {
    answer_ = encode_packet(ErrorPacket{code, text});
    return Finished{false, std::move(reason), answer_};
}

} // namespace plugtone::tftpd
