#include "tftpd/http_connection.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "core/base/log.hpp"
#include "tftpd/tcp_delivery.hpp"

namespace plugtone::tftpd {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t scratch_size = 16384;
constexpr std::size_t deliveries_max = 16;     // replies ahead of the peer's acknowledgement
constexpr std::uint64_t turn_size = 2U << 20U; // of a file, before others get their turn
constexpr std::chrono::seconds linger_patience{2};
constexpr std::size_t linger_size_max = 65536;
constexpr milliseconds delivery_wait_first{5};
constexpr milliseconds delivery_wait_longest{500};

} // namespace

HttpConnection::HttpConnection(Poller& poller, HttpAnswers& answers, TransferReports& reports,
                               const HttpSettings& settings, Parts parts)
    : poller_(poller), answers_(answers), reports_(reports), settings_(settings),
      parts_(std::move(parts)) {
    poller_.watch(stream().descriptor(), watched_, *this);
    enter(State::handshaking, settings_.request_patience());
}

HttpConnection::~HttpConnection() {
    poller_.forget(stream().descriptor(), *this);
}

void HttpConnection::watch_for(std::uint32_t events) {
    if (watched_ == events)
        return;
    poller_.change(stream().descriptor(), events, *this);
    watched_ = events;
}

void HttpConnection::enter(State state, milliseconds patience) {
    state_ = state;
    deadline_ = poller_.now() + patience;
    progress_ = stream().sent();
    arm();
}

void HttpConnection::arm() {
    poller_.timers().arm(*this, deliveries_.empty() ? deadline_ : std::min(deadline_, look_at_));
}

void HttpConnection::on_ready(std::uint32_t /*events*/) {
    run();
}

void HttpConnection::run() {
    Next next = Next::go_on;
    while (next == Next::go_on) {
        switch (state_) {
        case State::handshaking:
            next = handshake();
            break;
        case State::reading:
            next = take_request();
            if (next == Next::wait)
                next = read();
            break;
        case State::writing:
            next = write();
            break;
        case State::lingering:
            next = linger();
            break;
        }
    }
}

HttpConnection::Next HttpConnection::blocked(const Moved& moved) {
    watch_for(moved.state == Moved::State::wants_write ? EPOLLOUT : EPOLLIN);
    return Next::wait;
}

HttpConnection::Next HttpConnection::handshake() {
    const Moved moved = stream().handshake();
    if (moved.state == Moved::State::wants_read || moved.state == Moved::State::wants_write)
        return blocked(moved);
    if (moved.state != Moved::State::some) {
        log(Level::info, "tls-handshake-failed",
            {{"peer", parts_.peer.text()}, {"reason", moved.trouble}});
        return end();
    }
    parts_.handshake_ticket.reset();
    answers_.on_handshake(*this);
    enter(State::reading, settings_.request_patience());
    return Next::go_on;
}

HttpConnection::Next HttpConnection::read() {
    static thread_local std::array<char, scratch_size> scratch;
    const Moved moved = stream().read(scratch);
    if (moved.state == Moved::State::wants_read || moved.state == Moved::State::wants_write)
        return blocked(moved);
    if (moved.state != Moved::State::some) {
        // The peer may close its side and still take what it asked for.
        if (look_at_deliveries() || moved.state == Moved::State::failed)
            return end();
        is_winding_up_ = true;
        watch_for(0);
        return Next::wait;
    }
    received_.append(scratch.data(), moved.size);
    return Next::go_on;
}

HttpConnection::Next HttpConnection::take_request() {
    if (received_.empty() || is_winding_up_ || deliveries_.size() == deliveries_max)
        return Next::wait;
    const auto head = parse_http_head(received_);
    if (std::holds_alternative<IncompleteHead>(head))
        return Next::wait;
    look_at_deliveries();
    if (const auto* request = std::get_if<HttpRequest>(&head)) {
        received_.erase(0, request->size);
        begin(answers_.answer(*request, *this));
    } else {
        received_.clear();
        begin(answers_.answer_bad(std::get<BadHead>(head), *this));
    }
    if (received_.empty())
        received_.shrink_to_fit(); // an idle connection holds nothing
    return Next::go_on;
}

void HttpConnection::begin(HttpReply reply) {
    reply_ = std::move(reply);
    text_written_ = 0;
    body_written_ = 0;
    if (reply_.bytes > 0 && reply_.record)
        reports_.report(EventKind::transfer_started, *reply_.record);
    enter(State::writing, settings_.write_patience());
}

Moved HttpConnection::write_some() {
    const bool has_memory = reply_.file && reply_.file->is_in_memory();
    if (text_written_ < reply_.text.size() || has_memory) {
        std::string_view body;
        if (has_memory)
            body = as_text(*reply_.file->bytes())
                       .substr(reply_.offset + body_written_, reply_.bytes - body_written_);
        const std::string_view text = std::string_view(reply_.text).substr(text_written_);
        Moved moved = text.empty() ? stream().write(body, {}, false)
                                   : stream().write(text, body, reply_.bytes > 0 && !has_memory);
        const std::size_t of_text = std::min(moved.size, text.size());
        text_written_ += of_text;
        body_written_ += moved.size - of_text;
        return moved;
    }
    const std::uint64_t left = std::min(reply_.bytes - body_written_, turn_size);
    // The last piece only if the file is still what was begun with: else the client is to see a
    // connection that breaks off.
    const bool is_last = left == reply_.bytes - body_written_;
    if (const auto unchanged = is_last ? reply_.file->check_unchanged() : Done{}; !unchanged)
        return {Moved::State::failed, 0, unchanged.error().message};
    Moved moved =
        stream().write_file(reply_.file->descriptor(), reply_.offset + body_written_, left);
    body_written_ += moved.size;
    return moved;
}

HttpConnection::Next HttpConnection::write() {
    const std::uint64_t turn_end = stream().sent() + turn_size;
    while (text_written_ < reply_.text.size() || body_written_ < reply_.bytes) {
        if (stream().sent() >= turn_end) {
            watch_for(EPOLLOUT); // others first; there is room, so it is soon
            return Next::wait;
        }
        const Moved moved = write_some();
        if (moved.state == Moved::State::wants_read || moved.state == Moved::State::wants_write)
            return blocked(moved);
        if (moved.state != Moved::State::some) {
            fail(moved.trouble.empty() ? "the client closed the connection" : moved.trouble);
            return end();
        }
    }
    return after_reply();
}

HttpConnection::Next HttpConnection::after_reply() {
    if (reply_.record) {
        deliveries_.push_back(
            {std::move(*reply_.record), reply_.bytes, stream().sent(), std::move(reply_.remark)});
        reply_.record.reset();
        delivery_wait_ = delivery_wait_first;
        look_at_ = poller_.now() + delivery_wait_;
    }
    const bool goes_on = reply_.keeps_alive && !is_winding_up_;
    reply_ = {};
    watch_for(EPOLLIN);
    if (goes_on) {
        enter(State::reading, settings_.request_patience());
        return Next::go_on;
    }
    stream().shut_down();
    enter(State::lingering, linger_patience);
    return Next::go_on;
}

// Reads what the client still sends, or the kernel would answer it with a reset, which can overtake
// our reply.
HttpConnection::Next HttpConnection::linger() {
    std::array<char, 4096> scratch; // filled by the read
    const Moved moved = stream().read(scratch);
    lingered_ += moved.size;
    if (moved.state == Moved::State::wants_read || moved.state == Moved::State::wants_write)
        return blocked(moved);
    if (moved.state == Moved::State::some && lingered_ < linger_size_max)
        return Next::go_on;
    if (look_at_deliveries() || moved.state != Moved::State::closed)
        return end();
    watch_for(0);
    return Next::wait;
}

bool HttpConnection::look_at_deliveries() {
    while (!deliveries_.empty()) {
        Undelivered& first = deliveries_.front();
        if (delivery_of(stream().descriptor(), first.sent_to) != Delivery::complete)
            return false;
        reports_.report(EventKind::transfer_done, first.record, {first.size, first.remark});
        deliveries_.pop_front();
    }
    return true;
}

void HttpConnection::on_time(TimePoint now) {
    if (look_at_deliveries() && (is_winding_up_ || state_ == State::lingering) && watched_ == 0) {
        end();
        return;
    }
    if (!deliveries_.empty() &&
        delivery_of(stream().descriptor(), deliveries_.front().sent_to) == Delivery::lost) {
        fail("the client closed the connection before it had all");
        end();
        return;
    }
    if (now >= deadline_ && (state_ != State::writing || is_too_slow())) {
        if (state_ == State::writing || !deliveries_.empty() || !received_.empty())
            reports_.metrics().refused(Refusal::too_slow);
        fail("the client took too long");
        end();
        return;
    }
    delivery_wait_ = std::min(delivery_wait_ * 2, delivery_wait_longest);
    look_at_ = now + delivery_wait_;
    arm();
}

// Of writing, when its deadline is over; else it gets another one.
bool HttpConnection::is_too_slow() {
    const std::uint64_t moved = stream().sent() - progress_;
    const std::uint64_t patience = settings_.write_seconds;
    if (moved < settings_.bytes_per_second_min * patience)
        return true;
    enter(State::writing, settings_.write_patience());
    return false;
}

void HttpConnection::fail(const std::string& trouble) {
    for (const Undelivered& delivery : deliveries_)
        reports_.report(EventKind::transfer_failed, delivery.record, {delivery.size, trouble});
    deliveries_.clear();
    if (reply_.record)
        reports_.report(EventKind::transfer_failed, *reply_.record, {body_written_, trouble});
    reply_.record.reset();
}

HttpConnection::Next HttpConnection::end() {
    if (!look_at_deliveries())
        fail("the client closed the connection before it had all");
    parts_.ticket.reset();
    answers_.on_end(*this);
    return Next::ended;
}

void HttpConnection::wind_up() {
    is_winding_up_ = true;
    if (state_ != State::reading && state_ != State::handshaking)
        return;
    if (look_at_deliveries())
        end();
    else
        watch_for(0);
}

void HttpConnection::on_ready_failed() noexcept {
    try {
        fail("an error of the server");
        end();
    } catch (const std::exception& failure) { // it stays until its deadline
        log(Level::error, "http-connection", {{"reason", failure.what()}});
    }
}

} // namespace plugtone::tftpd
