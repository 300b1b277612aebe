#include "tftpd/tftp_server.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "tftpd/spawn.hpp"
#include "tftpd/transfer_record.hpp"

namespace plugtone::tftpd {

namespace {

using boost::system::error_code;
using Socket = asio::ip::udp::socket;
using Clock = std::chrono::steady_clock;

// Requests taken at once before transfers get their turn.
constexpr int burst_max = 32;
constexpr std::chrono::milliseconds pause_after_error{200};
// One more than any packet that a reading client may send: longer ones are seen as such.
constexpr std::size_t receive_size = request_size_max + 1;

sockaddr_in socket_address(const Tid& tid) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(tid.address.number);
    address.sin_port = htons(tid.port);
    return address;
}
Tid tid_of(const sockaddr_in& address) {
    return {Ipv4{ntohl(address.sin_addr.s_addr)}, ntohs(address.sin_port)};
}

// What cannot be sent now counts as lost on the wire: the retransmission sees to it.
void send_datagram(int socket, const Tid& to, ByteView datagram) {
    const sockaddr_in address = socket_address(to);
    if (::sendto(socket, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
        log(Level::debug, "tftp-send",
            {{"peer", to.address.text()}, {"reason", std::strerror(errno)}});
}

// On that address, with a port that nobody uses: the server's transfer identifier.
Result<Fd> open_transfer_socket(const Ipv4& local) {
    Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const sockaddr_in address = socket_address({local, 0});
    if (!socket ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_errno("cannot open a socket on " + local.text());
    return socket;
}

} // namespace

struct TftpSession {
    TftpSession(asio::io_context& io, Fd descriptor, Admission::Ticket place, TransferRecord what,
                OpenFile opened, const Tid& from, const Agreement& agreement, ByteView datagram)
        : ticket(std::move(place)), record(std::move(what)), file(std::move(opened)), peer(from),
          request(datagram.begin(), datagram.end()),
          transfer(from, agreement, file.size,
                   [this](std::uint64_t offset, std::span<std::uint8_t> into) {
                       return read_at(file.descriptor, offset, into);
                   }),
          socket(io, asio::ip::udp::v4(), descriptor.release()), timer(io) {}

    Admission::Ticket ticket;
    TransferRecord record;
    OpenFile file;
    Tid peer;
    Bytes request;
    ReadTransfer transfer;
    Socket socket;
    asio::steady_timer timer;
    bool replaced = false; // the client has begun anew
};

namespace {

// Does what the step says; returns until when to wait.
TimePoint perform(TftpSession& session, const Step& step) {
    if (const auto* send = std::get_if<Send>(&step)) {
        send_datagram(session.socket.native_handle(), send->to, send->datagram);
        return send->until;
    }
    return std::get<Wait>(step).until;
}

Step next_step(TftpSession& session) {
    std::array<std::uint8_t, receive_size> buffer; // filled by recvfrom
    sockaddr_in from{};
    socklen_t from_size = sizeof from;
    const ssize_t size = ::recvfrom(session.socket.native_handle(), buffer.data(), buffer.size(),
                                    MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &from_size);
    const TimePoint now = Clock::now();
    if (size < 0)
        return session.transfer.on_timeout(now); // nothing there: waits on if it is not yet time
    return session.transfer.on_datagram(
        tid_of(from), ByteView(buffer.data(), static_cast<std::size_t>(size)), now);
}

// Wakes the session at that time by cancelling its wait. Waking it for nothing is harmless.
void arm_timer(const std::shared_ptr<TftpSession>& session, TimePoint until) {
    session->timer.expires_at(until);
    session->timer.async_wait([weak = std::weak_ptr(session)](error_code error) {
        const auto alive = weak.lock();
        if (!error && alive)
            alive->socket.cancel();
    });
}

asio::awaitable<void> pause(std::chrono::milliseconds time) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, time);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// The address that the datagram was sent to; nothing for a broadcast, which is never answered
// (RFC 1123 section 4.2.3.5).
std::optional<Ipv4> local_address(msghdr& message) {
    for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
        if (at->cmsg_level != IPPROTO_IP || at->cmsg_type != IP_PKTINFO)
            continue;
        in_pktinfo info{};
        std::memcpy(&info, CMSG_DATA(at), sizeof info);
        if (info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr)
            return std::nullopt;
        return Ipv4{ntohl(info.ipi_addr.s_addr)};
    }
    return std::nullopt;
}

} // namespace

// The coroutines.
struct TftpTasks {
    static asio::awaitable<void> transfer(TftpServer& server,
                                          std::shared_ptr<TftpSession> session) {
        Step step = session->transfer.start(Clock::now());
        while (!std::holds_alternative<Finished>(step) && !session->replaced) {
            arm_timer(session, perform(*session, step));
            error_code ignored; // whatever woke it: next_step looks for itself
            co_await session->socket.async_wait(Socket::wait_read,
                                                asio::redirect_error(asio::use_awaitable, ignored));
            step = next_step(*session);
        }
        if (!std::holds_alternative<Finished>(step))
            step = Finished{false, "the client asked anew", {}};
        server.finish(*session, std::get<Finished>(step));
    }

    static asio::awaitable<void> listen(TftpServer& server, asio::io_context& io,
                                        std::shared_ptr<Socket> listener) {
        while (listener->is_open()) {
            error_code error;
            co_await listener->async_wait(Socket::wait_read,
                                          asio::redirect_error(asio::use_awaitable, error));
            if (error && listener->is_open()) {
                log(Level::error, "tftp-listener", {{"reason", error.message()}});
                co_await pause(pause_after_error);
            }
            for (int count = 0; count < burst_max && listener->is_open(); ++count)
                if (!take_request(server, io, listener->native_handle()))
                    break;
        }
    }

    // False when there is none.
    static bool take_request(TftpServer& server, asio::io_context& io, int listener) {
        std::array<std::uint8_t, receive_size> buffer; // filled by recvmsg
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
        sockaddr_in from{};
        iovec place{buffer.data(), buffer.size()};
        msghdr message{};
        message.msg_name = &from;
        message.msg_namelen = sizeof from;
        message.msg_iov = &place;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t size = ::recvmsg(listener, &message, MSG_DONTWAIT);
        if (size < 0)
            return errno != EAGAIN; // another is an earlier send's: go on
        const ByteView datagram(buffer.data(), static_cast<std::size_t>(size));
        const auto local = local_address(message);
        try {
            if (local && from.sin_port != 0)
                server.on_request(io, *local, tid_of(from), datagram);
        } catch (const std::exception& failure) { // one request must not end the listener
            log(Level::error, "tftp-request", {{"reason", failure.what()}});
        }
        return true;
    }
};

void TftpServer::start(asio::io_context& io, Fd listener) {
    const auto socket = std::make_shared<Socket>(io, asio::ip::udp::v4(), listener.release());
    closers_.emplace_back([weak = std::weak_ptr(socket)] {
        error_code ignored;
        if (const auto open = weak.lock())
            open->close(ignored);
    });
    spawn(io, "tftp listener", TftpTasks::listen(*this, io, socket));
}

void TftpServer::stop() {
    for (const auto& close : std::exchange(closers_, {}))
        close();
}

void TftpServer::refuse(const Ipv4& local, const Tid& peer, ErrorCode code,
                        std::string_view text) const {
    const auto socket = open_transfer_socket(local);
    if (!socket) {
        log(Level::error, "tftp-socket", {{"reason", socket.error().message}});
        return; // the client repeats its request
    }
    send_datagram(socket->get(), peer, encode_packet(ErrorPacket{code, text}));
}

bool TftpServer::is_repeated(const Tid& peer, ByteView datagram) {
    const auto found = sessions_.find(peer);
    const auto session = found == sessions_.end() ? nullptr : found->second.lock();
    if (!session)
        return false;
    // Until the client has answered, the same request is the first one's copy: our answer is on its
    // way or lost, and will be repeated in its time, not because of this.
    if (!session->transfer.peer_verified() && as_text(session->request) == as_text(datagram))
        return true;
    session->replaced = true;
    session->socket.cancel();
    sessions_.erase(found);
    return false;
}

void TftpServer::on_request(asio::io_context& io, const Ipv4& local, const Tid& peer,
                            ByteView datagram) {
    const auto packet = decode_packet(datagram);
    const bool looks_like_request =
        datagram.size() > 1 && datagram[0] == 0 && (datagram[1] == 1 || datagram[1] == 2);
    if (!packet && looks_like_request) {
        log(Level::warning, "tftp-malformed",
            {{"peer", peer.address.text()}, {"reason", packet.error().message}});
        return refuse(local, peer, ErrorCode::illegal_operation, "malformed request");
    }
    const auto* request = packet ? std::get_if<Request>(&*packet) : nullptr;
    if (request == nullptr)
        return; // neither a request nor part of a transfer here: silence
    if (request->is_write) {
        log(Level::warning, "tftp-write-refused",
            {{"peer", peer.address.text()}, {"name", std::string(request->name)}});
        return refuse(local, peer, ErrorCode::access_violation, "read only");
    }
    if (!is_repeated(peer, datagram))
        serve(io, local, peer, datagram, *request);
}

void TftpServer::serve(asio::io_context& io, const Ipv4& local, const Tid& peer, ByteView datagram,
                       const Request& request) {
    auto ticket = admission_.admit(peer.address);
    if (!ticket) {
        // Silence, not an ERROR: the client repeats its request, and a place will be free.
        log(Level::warning, "tftp-full", {{"peer", peer.address.text()}});
        return;
    }
    Passage passage = gate_.ask(request.name, peer.address);
    const DeviceHints hints = device_hints(request.options);
    TransferRecord record{passage.name, "tftp", peer.address, passage.mac, passage.owner,
                          {},           {},     hints.model,  hints.id};
    if (passage.answer == Answer::absent || passage.answer == Answer::refused) {
        report(events_,
               passage.answer == Answer::absent ? EventKind::transfer_absent
                                                : EventKind::transfer_refused,
               record, {{}, passage.reason});
        return refuse(local, peer, ErrorCode::not_found, "file not found");
    }
    const auto fail_with = [&](ErrorCode code, std::string_view text, const std::string& reason) {
        report(events_, EventKind::transfer_failed, record, {0, reason});
        refuse(local, peer, code, text);
    };
    if (passage.answer == Answer::failed)
        return fail_with(ErrorCode::undefined, "cannot open the file", passage.reason);
    if (lower(request.mode) != "octet")
        return fail_with(ErrorCode::undefined, "only mode octet is served",
                         "mode '" + printable(request.mode) + "' instead of octet");
    record.size = passage.file->size;
    const auto agreement = negotiate(request.options, passage.file->size, blksize_max_);
    if (!agreement)
        return fail_with(ErrorCode::option_refused, "an option stands twice",
                         agreement.error().message);
    auto socket = open_transfer_socket(local);
    if (!socket) {
        report(events_, EventKind::transfer_failed, record, {0, socket.error().message});
        return;
    }
    report(events_, EventKind::transfer_started, record);
    const auto session =
        std::make_shared<TftpSession>(io, std::move(*socket), std::move(ticket), std::move(record),
                                      std::move(*passage.file), peer, *agreement, datagram);
    sessions_[peer] = session;
    spawn(io, "tftp transfer", TftpTasks::transfer(*this, session));
}

void TftpServer::finish(TftpSession& session, const Finished& end) {
    if (!end.last_datagram.empty())
        send_datagram(session.socket.native_handle(), session.peer, end.last_datagram);
    if (!session.replaced)
        sessions_.erase(session.peer); // else it is gone already, and a successor may be there
    session.ticket.reset();            // whoever hears of the end finds the place free
    report(events_, end.complete ? EventKind::transfer_done : EventKind::transfer_failed,
           session.record, {session.transfer.bytes_acknowledged(), end.reason});
}

} // namespace plugtone::tftpd
