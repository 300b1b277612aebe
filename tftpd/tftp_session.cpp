#include "tftpd/tftp_session.hpp"

#include <array>
#include <cerrno>
#include <exception>

#include "core/base/log.hpp"

namespace plugtone::tftpd {

namespace {

// One more than any packet that a reading client may send: longer ones are seen as such.
constexpr std::size_t receive_size = request_size_max + 1;

} // namespace

TftpSession::TftpSession(Poller& poller, BlockSender& sender, Parts parts,
                         const Agreement& agreement)
    : poller_(poller), sender_(sender), parts_(std::move(parts)), peer_(tid_of(parts_.route.to)),
      transfer_(peer_, agreement, parts_.bytes.size()) {
    if (parts_.own_socket)
        poller_.watch(parts_.socket, EPOLLIN, *this);
}

TftpSession::~TftpSession() {
    if (parts_.own_socket)
        poller_.forget(parts_.socket, *this);
}

void TftpSession::start() {
    perform(transfer_.start(poller_.now()));
}

void TftpSession::on_ready(std::uint32_t /*events*/) {
    std::array<std::uint8_t, receive_size> buffer; // filled by recvfrom
    sockaddr_in from{};
    socklen_t from_size = sizeof from;
    const ssize_t size = ::recvfrom(parts_.socket, buffer.data(), buffer.size(), MSG_DONTWAIT,
                                    reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size >= 0) // else an earlier send's error, which the retransmission sees to
        on_datagram(tid_of(from), ByteView(buffer.data(), static_cast<std::size_t>(size)));
}

void TftpSession::on_datagram(const Tid& from, ByteView datagram) {
    perform(transfer_.on_datagram(from, datagram, poller_.now()));
}

void TftpSession::on_time(TimePoint now) {
    perform(transfer_.on_timeout(now));
}

void TftpSession::perform(const Step& step) {
    if (const auto* blocks = std::get_if<SendBlocks>(&step)) {
        // The last ones only if the file is still what was begun with.
        const bool is_end =
            (blocks->first + blocks->count) * transfer_.blksize() > transfer_.size();
        auto sent = is_end ? parts_.content->check_unchanged() : Done{};
        if (sent)
            sent = sender_.send(parts_.socket, parts_.route, parts_.bytes, transfer_.blksize(),
                                *blocks);
        if (!sent)
            return end(transfer_.on_lost_content(sent.error().message));
    } else if (const auto* packet = std::get_if<SendPacket>(&step)) {
        Route to = parts_.route;
        to.to = socket_address(packet->to);
        send_datagram(parts_.socket, to, packet->datagram);
    } else if (const auto* finished = std::get_if<Finished>(&step)) {
        return end(*finished);
    }
    poller_.timers().arm(*this, transfer_.until());
}

void TftpSession::end(const Finished& how) {
    const OnEnd on_end = parts_.on_end; // which may destroy the session, and so the function itself
    on_end(*this, how);
}

void TftpSession::abandon(const std::string& reason) {
    end(Finished{false, reason, {}});
}

void TftpSession::on_ready_failed() noexcept {
    try {
        abandon("an error of the server");
    } catch (const std::exception& failure) { // it stays, without a timer, until its client is back
        log(Level::error, "tftp-session", {{"reason", failure.what()}});
    }
}

void TftpSession::on_time_failed() noexcept {
    on_ready_failed();
}

} // namespace plugtone::tftpd
