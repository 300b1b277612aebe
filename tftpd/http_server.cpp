#include "tftpd/http_server.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "core/base/log.hpp"
#include "tftpd/device_hints.hpp"
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

bool is_tls(Channel channel) {
    return channel == Channel::https || channel == Channel::legacy_https;
}

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
    ~Listener() override { server_.poller_.forget(socket_.get(), *this); }

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
        if (!is_tls(listener.channel()))
            ::send(socket.get(), full_reply.data(), full_reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        return;
    }
    if (is_tls(listener.channel())) {
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
    auto connection =
        std::make_unique<HttpConnection>(poller_, answers, reports_, settings_, std::move(parts));
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

HttpReply HttpServer::error(const HttpRequest& request, unsigned status, bool keeps_alive,
                            const std::vector<std::pair<std::string, std::string>>& fields) const {
    HttpReply reply;
    reply.keeps_alive = keeps_alive && !stopping_;
    ReplyHead head(status, request.is_http_10, reply.keeps_alive);
    for (const auto& [name, value] : fields)
        head.field(name, value);
    reply.text = head.finish(error_text(status), request.method != HttpRequest::Method::head);
    return reply;
}

HttpReply HttpServer::answer_metrics(const HttpRequest& request) {
    if (request.target != "/metrics")
        return error(request, 404, request.keeps_alive);
    if (before_metrics_)
        before_metrics_();
    HttpReply reply;
    const std::string text = reports_.metrics().text();
    reply.keeps_alive = request.keeps_alive && !stopping_;
    ReplyHead head(200, request.is_http_10, reply.keeps_alive);
    head.field("Content-Type", "text/plain; version=0.0.4");
    reply.text = head.finish(text.size());
    if (request.method == HttpRequest::Method::get)
        reply.text += text;
    return reply;
}

HttpReply HttpServer::answer(const HttpRequest& request, HttpConnection& connection) {
    const Channel channel = connections_.at(&connection).channel;
    if (!gatekeeper_.admits_request(connection.peer(), poller_.now()))
        return error(request, 429, false);
    if (request.method == HttpRequest::Method::other)
        return error(request, 405, request.keeps_alive && !request.has_body,
                     {{"Allow", "GET, HEAD"}});
    if (request.has_body)
        return error(request, 413, false);
    if (channel == Channel::metrics)
        return answer_metrics(request);
    const auto name = decode_http_target(request.target);
    if (!name) {
        gatekeeper_.metrics().refused(Refusal::malformed);
        log(Level::warning, "http-malformed",
            {{"peer", connection.peer().text()}, {"reason", name.error().message}});
        return error(request, 400, request.keeps_alive);
    }
    return answer_file(request, *name, connection, channel);
}

HttpReply HttpServer::answer_file(const HttpRequest& request, const std::string& name,
                                  HttpConnection& connection, Channel channel) {
    Passage passage =
        gate_.ask(name, {connection.peer(), channel, connection.stream().certificate()});
    TransferRecord record = record_of(passage, channel, connection.peer(), poller_.now());
    record.user_agent = request.user_agent;
    const DeviceHints hints = device_hints(request.user_agent);
    record.device_model = hints.model;
    record.device_firmware = hints.firmware;
    record.device_id = hints.id;
    if (passage.answer == Answer::failed) {
        reports_.report(EventKind::transfer_failed, record, {0, passage.reason, 0});
        return error(request, 503, request.keeps_alive);
    }
    if (passage.answer != Answer::granted) {
        reports_.report(event_of_answer(passage.answer), record, {{}, passage.reason, 0});
        return error(request, 404, request.keeps_alive);
    }
    if (passage.http) {
        using Verdict = HttpAuthenticator::Verdict;
        const Verdict verdict = authenticator_.verify(request.authorization, request.method_name,
                                                      request.target, *passage.http, poller_.now());
        if (verdict == Verdict::wrong) {
            gatekeeper_.metrics().refused(Refusal::wrong_credentials);
            reports_.report(EventKind::transfer_refused, record, {{}, "wrong name or password", 0});
        }
        std::vector<std::pair<std::string, std::string>> fields;
        for (std::string& challenge : authenticator_.challenges(
                 passage.http->kind, verdict == Verdict::stale, poller_.now()))
            fields.emplace_back("WWW-Authenticate", std::move(challenge));
        if (verdict != Verdict::accepted)
            return error(request, 401, request.keeps_alive, fields);
    }
    if (channel == Channel::legacy_https)
        reports_.metrics().legacy_served(record.device_class);
    record.size = passage.file->size();
    HttpReply reply = file_reply(request, passage.file, !stopping_);
    if (request.method == HttpRequest::Method::get || !reply.remark.empty())
        reply.record = std::move(record);
    return reply;
}

} // namespace plugtone::tftpd
