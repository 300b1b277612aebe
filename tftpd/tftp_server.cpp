#include "tftpd/tftp_server.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "tftpd/device_hints.hpp"

namespace plugtone::tftpd {

namespace {

// Requests taken at once before transfers get their turn.
constexpr std::size_t burst_max = 32;
// One more than the largest request: longer ones are seen as such.
constexpr std::size_t receive_size = request_size_max + 1;
// IP, UDP and TFTP headers in front of a block.
constexpr std::size_t headers_size = 20 + 8 + data_header_size;

// On that address, with a port that nobody uses: the server's transfer identifier.
Result<Fd> open_transfer_socket(const in_addr& local) {
    Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr = local;
    if (!socket ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_errno("cannot open a socket for a transfer");
    return socket;
}

// The largest block that goes to the peer in one frame, as far as the kernel knows the way.
std::size_t blksize_of_path(const sockaddr_in& peer) {
    const Fd probe(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    int mtu = 0;
    socklen_t size = sizeof mtu;
    if (!probe ||
        ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0 ||
        ::getsockopt(probe.get(), IPPROTO_IP, IP_MTU, &mtu, &size) != 0 ||
        mtu < static_cast<int>(headers_size + blksize_default))
        return blksize_default;
    return static_cast<std::size_t>(mtu) - headers_size;
}

// The address that the datagram was sent to; nothing for a broadcast, which is never answered
// (RFC 1123 section 4.2.3.5).
std::optional<in_addr> local_address(msghdr& message) {
    for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
        if (at->cmsg_level != IPPROTO_IP || at->cmsg_type != IP_PKTINFO)
            continue;
        in_pktinfo info{};
        std::memcpy(&info, CMSG_DATA(at), sizeof info);
        if (info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr)
            return std::nullopt;
        return info.ipi_addr;
    }
    return std::nullopt;
}

} // namespace

// The socket that requests come to.
class TftpServer::Listener final : public Watcher {
public:
    Listener(TftpServer& server, Fd socket) : server_(server), socket_(std::move(socket)) {
        server_.poller_.watch(socket_.get(), EPOLLIN, *this);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() { server_.poller_.forget(socket_.get(), *this); }

    int socket() const { return socket_.get(); }
    void on_ready(std::uint32_t events) override;
    void on_ready_failed() noexcept override {} // one request must not end the listener
    // In single-port mode it stays for the transfers that go on.
    void take_no_requests() { takes_requests_ = false; }
    bool takes_requests() const { return takes_requests_; }

private:
    TftpServer& server_;
    Fd socket_;
    bool takes_requests_ = true;
};

void TftpServer::Listener::on_ready(std::uint32_t /*events*/) {
    struct Place {
        std::array<std::uint8_t, receive_size> buffer; // filled by recvmmsg
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control;
        sockaddr_in from;
        iovec piece;
    };
    static thread_local std::array<Place, burst_max> places;
    static thread_local std::array<mmsghdr, burst_max> messages;
    for (std::size_t at = 0; at < burst_max; ++at) {
        Place& place = places.at(at);
        place.piece = {place.buffer.data(), place.buffer.size()};
        msghdr& header = messages.at(at).msg_hdr;
        header = {};
        header.msg_name = &place.from;
        header.msg_namelen = sizeof place.from;
        header.msg_iov = &place.piece;
        header.msg_iovlen = 1;
        header.msg_control = place.control.data();
        header.msg_controllen = place.control.size();
    }
    const int count = ::recvmmsg(socket_.get(), messages.data(), burst_max, MSG_DONTWAIT, nullptr);
    // Some may have come since the round began.
    server_.gate_.begin_round();
    for (int at = 0; at < count; ++at) { // -1: an earlier send's error, of no importance
        const Place& place = places.at(static_cast<std::size_t>(at));
        mmsghdr& message = messages.at(static_cast<std::size_t>(at));
        const auto local = local_address(message.msg_hdr);
        if (local && place.from.sin_port != 0)
            server_.on_datagram(*this, {place.from, *local},
                                ByteView(place.buffer.data(), message.msg_len));
    }
}

TftpServer::TftpServer(Poller& poller, FileGate& gate, Gatekeeper& gatekeeper,
                       TransferReports& reports, Admission& admission, const TftpSettings& settings)
    : poller_(poller), gate_(gate), gatekeeper_(gatekeeper), reports_(reports),
      admission_(admission), settings_(settings) {}

TftpServer::~TftpServer() = default;

void TftpServer::start(Fd listener) {
    listeners_.push_back(std::make_unique<Listener>(*this, std::move(listener)));
}

void TftpServer::stop() {
    if (!settings_.single_port)
        return listeners_.clear();
    for (const auto& listener : listeners_)
        listener->take_no_requests();
}

void TftpServer::refuse(const Listener& listener, const Route& peer, ErrorCode code,
                        std::string_view text) const {
    send_datagram(listener.socket(), peer, encode_packet(ErrorPacket{code, text}));
}

bool TftpServer::is_repeated(const Tid& peer, ByteView datagram) {
    const auto found = sessions_.find(peer);
    if (found == sessions_.end())
        return false;
    TftpSession& session = *found->second;
    // Until the client has answered, the same request is the first one's copy: our answer is on its
    // way or lost, and will be repeated in its time, not because of this.
    if (!session.transfer().peer_verified() && as_text(session.request()) == as_text(datagram))
        return true;
    session.abandon("the client asked anew");
    return false;
}

void TftpServer::on_datagram(const Listener& listener, const Route& peer, ByteView datagram) {
    const Tid tid = tid_of(peer.to);
    const bool looks_like_request =
        datagram.size() > 1 && datagram[0] == 0 && (datagram[1] == 1 || datagram[1] == 2);
    if (!looks_like_request) {
        // Part of a transfer in single-port mode; else silence, for it is no request.
        const auto found = settings_.single_port ? sessions_.find(tid) : sessions_.end();
        if (found != sessions_.end())
            found->second->on_datagram(tid, datagram);
        return;
    }
    if (!listener.takes_requests() || !gatekeeper_.admits_network(tid.address) ||
        !gatekeeper_.admits_request(tid.address, poller_.now()))
        return; // silence: an answer would be the flood's echo
    const auto packet = decode_packet(datagram);
    if (!packet) {
        gatekeeper_.metrics().refused(Refusal::malformed);
        log(Level::warning, "tftp-malformed",
            {{"peer", tid.address.text()}, {"reason", packet.error().message}});
        return refuse(listener, peer, ErrorCode::illegal_operation,
                      "malformed request: want a name and a mode");
    }
    const auto& request = std::get<Request>(*packet);
    if (request.is_write) {
        gatekeeper_.metrics().refused(Refusal::write);
        log(Level::warning, "tftp-write-refused",
            {{"peer", tid.address.text()}, {"name", std::string(request.name)}});
        return refuse(listener, peer, ErrorCode::access_violation,
                      "read only: files are published on the server");
    }
    if (!is_repeated(tid, datagram))
        serve(listener, peer, datagram, request);
}

std::optional<TftpServer::Refused> TftpServer::begin(const Listener& listener, const Route& peer,
                                                     const Request& request,
                                                     TftpSession::Parts& parts,
                                                     SharedContent file) {
    const std::string mode = lower(request.mode);
    if (mode != "octet" && mode != "netascii")
        return Refused{ErrorCode::undefined, "ask in mode octet or netascii",
                       "mode '" + printable(request.mode) + "' instead of octet or netascii"};
    auto content = mode == "netascii" ? as_netascii(*file) : Result<SharedContent>(file);
    const auto bytes = content ? (*content)->bytes() : Result<ByteView>(ByteView());
    if (!content || !bytes)
        return Refused{ErrorCode::undefined, "cannot read the file: ask again, in mode octet",
                       content ? bytes.error().message : content.error().message};
    parts.content = std::move(*content);
    parts.bytes = *bytes;
    parts.record.size = bytes->size();
    NegotiationLimits limits{settings_.blksize_max, settings_.windowsize_max};
    if (settings_.blksize_of_path)
        limits.blksize = std::min(limits.blksize, blksize_of_path(peer.to));
    const auto agreement = negotiate(request.options, *parts.record.size, limits);
    if (!agreement)
        return Refused{ErrorCode::option_refused, "an option stands twice",
                       agreement.error().message};
    if (settings_.single_port) {
        parts.socket = listener.socket();
    } else {
        auto socket = open_transfer_socket(peer.source);
        if (!socket)
            return Refused{ErrorCode::undefined, "the server is busy: ask again",
                           socket.error().message};
        parts.own_socket = std::move(*socket);
        parts.socket = parts.own_socket.get();
        parts.route.source = {}; // it is bound to that address
    }
    reports_.report(EventKind::transfer_started, parts.record);
    auto session = std::make_unique<TftpSession>(poller_, sender_, std::move(parts), *agreement);
    TftpSession& begun = *session;
    sessions_[begun.peer()] = std::move(session);
    begun.start();
    return std::nullopt;
}

void TftpServer::serve(const Listener& listener, const Route& peer, ByteView datagram,
                       const Request& request) {
    const Tid tid = tid_of(peer.to);
    TftpSession::Parts parts;
    parts.ticket = admission_.admit(tid.address);
    if (!parts.ticket) {
        // Silence, not an ERROR: the client repeats its request, and a place will be free.
        gatekeeper_.metrics().refused(Refusal::transfers);
        log(Level::warning, "tftp-full", {{"peer", tid.address.text()}});
        return;
    }
    Passage passage = gate_.ask(request.name, {tid.address, Channel::tftp, nullptr});
    DeviceHints hints = device_hints(request.options);
    TransferRecord& record = parts.record;
    record = record_of(passage, Channel::tftp, tid.address, poller_.now());
    record.device_model = std::move(hints.model);
    record.device_firmware = std::move(hints.firmware);
    record.device_id = std::move(hints.id);
    parts.route = peer;
    parts.request.assign(datagram.begin(), datagram.end());
    parts.on_end = [this](TftpSession& session, const Finished& how) { finish(session, how); };
    if (passage.answer == Answer::absent || passage.answer == Answer::refused) {
        reports_.report(event_of_answer(passage.answer), record, {{}, passage.reason});
        return refuse(listener, peer, ErrorCode::not_found, "file not found");
    }
    std::optional<Refused> refused =
        Refused{ErrorCode::undefined, "cannot open the file", passage.reason};
    if (passage.answer == Answer::granted)
        refused = begin(listener, peer, request, parts, std::move(passage.file));
    if (refused) {
        reports_.report(EventKind::transfer_failed, record, {0, refused->reason});
        refuse(listener, peer, refused->code, refused->text);
    }
}

void TftpServer::finish(TftpSession& session, const Finished& end) {
    if (!end.last_datagram.empty())
        send_datagram(session.socket(), session.route(), end.last_datagram);
    session.release_place();
    reports_.report(end.complete ? EventKind::transfer_done : EventKind::transfer_failed,
                    session.record(),
                    {session.transfer().bytes_acknowledged(), end.reason,
                     session.transfer().packets_repeated()});
    sessions_.erase(session.peer());
}

} // namespace plugtone::tftpd
