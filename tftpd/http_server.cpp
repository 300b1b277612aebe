#include "tftpd/http_server.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "core/base/log.hpp"
#include "tftpd/http_reply.hpp"
#include "tftpd/http_target.hpp"

namespace plugtone::tftpd {

namespace {

// Connections taken at once before those that are open get their turn.
constexpr int burst_max = 64;
constexpr std::chrono::milliseconds pause_after_error{200};
constexpr std::string_view full_reply =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
    "Connection: close\r\n\r\n";

} // namespace

class HttpServer::Listener final : public Watcher, public Timer {
public:
    Listener(HttpServer& server, Fd socket, Channel channel, MakeStream make_stream)
        : server_(server), socket_(std::move(socket)), channel_(channel),
          make_stream_(std::move(make_stream)) {
        server_.poller_.watch(socket_.get(), EPOLLIN, *this);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() { server_.poller_.forget(socket_.get(), *this); }

    Channel channel() const { return channel_; }
    std::unique_ptr<HttpStream> make_stream(Fd socket) const {
        return make_stream_(std::move(socket));
    }

    void on_ready(std::uint32_t events) override;
    void on_ready_failed() noexcept override {} // one connection must not end the listener
    void on_time(TimePoint /*now*/) override {
        server_.poller_.change(socket_.get(), EPOLLIN, *this);
    }
    void on_time_failed() noexcept override {}

private:
    HttpServer& server_;
    Fd socket_;
    Channel channel_;
    MakeStream make_stream_;
};

void HttpServer::Listener::on_ready(std::uint32_t /*events*/) {
    for (int count = 0; count < burst_max; ++count) {
        sockaddr_in from{};
        socklen_t size = sizeof from;
        Fd socket(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&from), &size,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket) {
            server_.accept(*this, std::move(socket), Ipv4{ntohl(from.sin_addr.s_addr)});
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR)
            continue;
        if (errno == EAGAIN)
            return;
        // No descriptors or no memory: the clients wait in the queue until there are.
        log(Level::error, "http-accept", {{"reason", std::strerror(errno)}});
        server_.poller_.change(socket_.get(), 0, *this);
        server_.poller_.timers().arm(*this, server_.poller_.now() + pause_after_error);
        return;
    }
}

HttpServer::HttpServer(Poller& poller, FileGate& gate, Gatekeeper& gatekeeper,
                       TransferReports& reports, Admission& admission, Admission& handshakes,
                       const HttpSettings& settings)
    : poller_(poller), gate_(gate), gatekeeper_(gatekeeper), reports_(reports),
      admission_(admission), handshakes_(handshakes), settings_(settings) {
    // Unlike send(2), sendfile(2) and OpenSSL cannot be told to raise no SIGPIPE for a client that
    // has gone.
    std::signal(SIGPIPE, SIG_IGN);
}

HttpServer::~HttpServer() = default;

void HttpServer::start(Fd listener, Channel channel, MakeStream make_stream) {
    listeners_.push_back(
        std::make_unique<Listener>(*this, std::move(listener), channel, std::move(make_stream)));
}

void HttpServer::stop() {
    stopping_ = true;
    listeners_.clear();
    std::vector<HttpConnection*> open; // for wind_up() may take them from the map
    open.reserve(connections_.size());
    for (const auto& [_, entry] : connections_)
        open.push_back(entry.connection.get());
    for (HttpConnection* connection : open)
        connection->wind_up();
}

void HttpServer::accept(const Listener& listener, Fd socket, const Ipv4& peer) {
    if (!gatekeeper_.admits_network(peer))
        return;
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    HttpConnection::Parts parts;
    parts.peer = peer;
    parts.ticket = admission_.admit(peer);
    if (!parts.ticket) {
        gatekeeper_.metrics().refused(Refusal::transfers);
        log(Level::warning, "http-full", {{"peer", peer.text()}});
        if (listener.channel() == Channel::http)
            ::send(socket.get(), full_reply.data(), full_reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        return;
    }
    if (listener.channel() != Channel::http) {
        parts.handshake_ticket = handshakes_.admit(peer);
        if (!parts.handshake_ticket) {
            gatekeeper_.metrics().refused(Refusal::handshakes);
            log(Level::warning, "tls-full", {{"peer", peer.text()}});
            return;
        }
    }
    parts.stream = listener.make_stream(std::move(socket));
    if (!parts.stream)
        return;
    HttpAnswers& answers = *this;
    auto connection = std::make_unique<HttpConnection>(poller_, answers, reports_, settings_,
                                                       std::move(parts));
    const HttpConnection* key = connection.get();
    connections_.emplace(key, Entry{std::move(connection), listener.channel()});
}

void HttpServer::on_handshake(HttpConnection& /*connection*/) {}

void HttpServer::on_end(HttpConnection& connection) {
    connections_.erase(&connection);
}

HttpReply HttpServer::answer_bad(const BadHead& head, HttpConnection& connection) {
    gatekeeper_.metrics().refused(Refusal::malformed);
    log(Level::warning, "http-malformed",
        {{"peer", connection.peer().text()}, {"reason", head.reason}});
    HttpReply reply;
    ReplyHead text(head.status, false, false);
    reply.text = text.finish(error_text(head.status), true);
    return reply;
}

HttpReply HttpServer::answer(const HttpRequest& request, HttpConnection& connection) {
    const bool is_head = request.method == HttpRequest::Method::head;
    const auto error = [&](unsigned status, bool keeps_alive) {
        HttpReply reply;
        reply.keeps_alive = keeps_alive && !stopping_;
        ReplyHead head(status, request.is_http_10, reply.keeps_alive);
        if (status == 405)
            head.field("Allow", "GET, HEAD");
        reply.text = head.finish(error_text(status), !is_head);
        return reply;
    };
    if (!gatekeeper_.admits_request(connection.peer(), poller_.now()))
        return error(429, false);
    if (request.method == HttpRequest::Method::other)
        return error(405, request.keeps_alive && !request.has_body);
    if (request.has_body)
        return error(413, false);
    const auto name = decode_http_target(request.target);
    if (!name) {
        gatekeeper_.metrics().refused(Refusal::malformed);
        log(Level::warning, "http-malformed",
            {{"peer", connection.peer().text()}, {"reason", name.error().message}});
        return error(400, request.keeps_alive);
    }
    const Channel channel = connections_.at(&connection).channel;
    Passage passage = gate_.ask(*name, {connection.peer(), channel, nullptr});
    TransferRecord record = record_of(passage, channel, connection.peer(), poller_.now());
    record.user_agent = request.user_agent;
    if (passage.answer == Answer::failed) {
        reports_.report(EventKind::transfer_failed, record, {0, passage.reason});
        return error(503, request.keeps_alive);
    }
    if (passage.answer != Answer::granted) {
        reports_.report(event_of_answer(passage.answer), record, {{}, passage.reason});
        return error(404, request.keeps_alive);
    }
    record.size = passage.file->size();
    HttpReply reply = file_reply(request, passage.file, !stopping_);
    if (!is_head || !reply.remark.empty())
        reply.record = std::move(record);
    return reply;
}

} // namespace plugtone::tftpd
