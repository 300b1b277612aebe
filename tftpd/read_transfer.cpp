#include "tftpd/read_transfer.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"

namespace plugtone::tftpd {

namespace {

constexpr int timeouts_of_patience = 6;

} // namespace

ReadTransfer::ReadTransfer(Tid peer, const Agreement& agreement, std::uint64_t size,
                           RetryPolicy policy)
    : peer_(peer), blksize_(agreement.blksize), windowsize_(agreement.windowsize), size_(size),
      policy_(policy), next_(agreement.acknowledged.empty() ? 1 : 0), end_(next_) {
    if (agreement.timeout) {
        timeout_ = *agreement.timeout;
        policy_.patience = std::max(policy_.patience, *agreement.timeout * timeouts_of_patience);
    }
    if (next_ != 0)
        return;
    OptionAck oack;
    for (const auto& [name, value] : agreement.acknowledged)
        oack.options.push_back({name, value});
    oack_ = encode_packet(oack);
}

Step ReadTransfer::start(TimePoint now) {
    progress_at_ = now;
    return send_window(now, false);
}

std::uint64_t ReadTransfer::bytes_acknowledged() const {
    const std::uint64_t blocks = next_ == 0 ? 0 : next_ - 1;
    return std::min(blocks * blksize_, size_);
}

Step ReadTransfer::on_datagram(const Tid& from, ByteView datagram, TimePoint now) {
    if (from == peer_)
        if (const auto number = ack_number(datagram))
            return on_ack(*number, now);
    const auto packet = decode_packet(datagram);
    if (!packet)
        return Wait{}; // no TFTP at all: silence, for it is no message that could be answered
    const auto* error = std::get_if<ErrorPacket>(&*packet);
    if (from != peer_) {
        if (error != nullptr)
            return Wait{}; // an ERROR is never answered (RFC 1350 section 2)
        answer_ = encode_packet(ErrorPacket{ErrorCode::unknown_transfer,
                                            "no transfer with this port: send a read request"});
        return SendPacket{from, answer_};
    }
    if (error != nullptr) {
        verified_ = true;
        return Finished{false,
                        "the client ended it with error " +
                            std::to_string(static_cast<unsigned>(error->code)) + ", '" +
                            printable(error->text) + "'",
                        {}};
    }
    if (std::holds_alternative<Request>(*packet))
        return Wait{}; // the request repeated to the wrong port: ours repeats by itself
    return give_up(ErrorCode::illegal_operation, "only ACK or ERROR here",
                   "the client sent DATA or OACK");
}

Step ReadTransfer::on_ack(std::uint16_t number, TimePoint now) {
    // Numbers go round after 65535; a window is smaller than that, so only one block can be meant.
    const auto distance = static_cast<std::uint16_t>(number - static_cast<std::uint16_t>(next_));
    const std::uint64_t block = next_ + distance;
    if (block >= end_) {
        const bool is_before_window = next_ > 0 && distance == 0xFFFFU;
        return is_before_window ? on_duplicate_ack(now) : Step(Wait{});
    }
    if (!is_ambiguous_)
        round_trip_.measured(now - sent_at_);
    verified_ = true;
    progress_at_ = now;
    next_ = block + 1;
    if (block == last_block())
        return Finished{true, {}, {}};
    is_ambiguous_ = next_ < end_; // some of the window goes out again
    repeated_ += end_ - next_;
    sends_ = 0;
    heeded_duplicate_ = false;
    return send_window(now, false);
}

Step ReadTransfer::on_duplicate_ack(TimePoint now) {
    const bool can_answer_window = now - sent_at_ >= round_trip_.smoothed() / 2;
    if (windowsize_ == 1 || !verified_ || heeded_duplicate_ || !can_answer_window)
        return Wait{};
    heeded_duplicate_ = true;
    return send_window(now, true);
}

Step ReadTransfer::send_window(TimePoint now, bool is_repetition) {
    if (is_repetition) {
        is_ambiguous_ = true;
        repeated_ += end_ - next_;
    }
    ++sends_;
    sent_at_ = now;
    until_ = now + wait();
    if (next_ == 0) {
        end_ = 1;
        return SendPacket{peer_, oack_};
    }
    end_ = std::min(next_ + (verified_ ? windowsize_ : 1), last_block() + 1);
    return SendBlocks{next_, end_ - next_};
}

bool ReadTransfer::is_out_of_patience(TimePoint now) const {
    if (!verified_)
        return sends_ >= policy_.sends_unverified;
    return now - progress_at_ >= policy_.patience;
}

Step ReadTransfer::on_timeout(TimePoint now) {
    if (now < until_)
        return Wait{};
    if (is_out_of_patience(now))
        return Finished{false,
                        "no answer to " + std::to_string(sends_) +
                            (next_ == 0 ? " sendings of the OACK"
                                        : " sendings of block " + std::to_string(next_)),
                        {}};
    heeded_duplicate_ = true; // whatever comes may answer the sending before
    const int sends = sends_;
    round_trip_.back_off();
    const Step step = send_window(now, true);
    if (!verified_ && !timeout_) {
        auto unverified_wait = RoundTrip::Duration(RoundTrip::first_wait);
        for (int count = 0; count < sends; ++count)
            unverified_wait *= policy_.unverified_backoff;
        until_ = now + unverified_wait;
    }
    return step;
}

Finished ReadTransfer::on_lost_content(std::string reason) {
    return std::get<Finished>(
        give_up(ErrorCode::undefined, "the file changed: ask again", std::move(reason)));
}

Step ReadTransfer::give_up(ErrorCode code, std::string_view text, std::string reason) {
    answer_ = encode_packet(ErrorPacket{code, text});
    return Finished{false, std::move(reason), answer_};
}

} // namespace plugtone::tftpd
