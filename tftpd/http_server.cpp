// The one translation unit that includes Beast (over a gigabyte for the compiler).
#include "tftpd/http_server.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "core/base/log.hpp"
#include "tftpd/delivery_wait.hpp"
#include "tftpd/http_reply.hpp"
#include "tftpd/http_target.hpp"
#include "tftpd/spawn.hpp"
#include "tftpd/transfer_record.hpp"

namespace plugtone::tftpd {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Parser = http::request_parser<http::empty_body>;

constexpr std::uint32_t header_size_max = 8192;
constexpr std::size_t buffer_size_max = 16384;
constexpr std::size_t chunk_size = 32768;            // of a file, in memory at a time
constexpr std::chrono::seconds request_patience{15}; // from the last reply to a whole header
constexpr std::chrono::seconds write_patience{30};   // for each chunk
constexpr std::chrono::milliseconds pause_after_error{200};
constexpr std::chrono::seconds linger_patience{2};
constexpr std::size_t linger_size_max = 65536;

// What goes back: a header, then a constant text or a file, or neither.
struct Reply {
    http::response<http::empty_body> header;
    std::string_view text;
    std::optional<OpenFile> file;
    bool has_body = true; // false for HEAD
    TransferRecord record;
};

void set_header(Reply& reply, http::status status, unsigned version, bool keep_alive) {
    reply.header.version(version == 10 ? 10 : 11);
    reply.header.result(status);
    reply.header.set(http::field::date, http_date(std::chrono::system_clock::to_time_t(
                                            std::chrono::system_clock::now())));
    reply.header.set(http::field::server, "plugtone");
    reply.header.keep_alive(keep_alive);
}

Reply error_reply(http::status status, const Parser::value_type& request, bool keep_alive) {
    Reply reply;
    set_header(reply, status, request.version(), keep_alive);
    reply.text = error_text(static_cast<unsigned>(status));
    reply.has_body = request.method() != http::verb::head;
    reply.header.set(http::field::content_type, "text/plain");
    reply.header.content_length(reply.text.size());
    if (status == http::status::method_not_allowed)
        reply.header.set(http::field::allow, "GET, HEAD");
    return reply;
}

std::string field_of(const Parser::value_type& request, http::field field) {
    return std::string(request[field]);
}

Reply file_reply(const Parser::value_type& request, Passage& passage) {
    Reply reply;
    const std::string tag = entity_tag(*passage.file, passage.sha256);
    const std::string modified = http_date(passage.file->modified.tv_sec);
    const bool unchanged =
        is_unchanged(field_of(request, http::field::if_none_match),
                     field_of(request, http::field::if_modified_since), tag, modified);
    set_header(reply, unchanged ? http::status::not_modified : http::status::ok, request.version(),
               request.keep_alive());
    reply.header.set(http::field::etag, tag);
    reply.header.set(http::field::last_modified, modified);
    reply.has_body = !unchanged && request.method() == http::verb::get;
    if (unchanged)
        return reply;
    // For binary and XML alike: the type that the devices are known to take.
    reply.header.set(http::field::content_type, "application/octet-stream");
    reply.header.content_length(passage.file->size);
    reply.file = std::move(passage.file);
    return reply;
}

// Why the parser stopped; nothing when there is nobody to tell.
std::optional<http::status> status_of(error_code error, const Parser& parser) {
    if (error.category() != http::make_error_code(http::error::bad_method).category() ||
        error == http::error::end_of_stream || error == http::error::partial_message)
        return std::nullopt;
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
        return http::status::request_header_fields_too_large;
    if (error != http::error::body_limit)
        return http::status::bad_request;
    const auto method = parser.get().method();
    return method == http::verb::get || method == http::verb::head
               ? http::status::payload_too_large
               : http::status::method_not_allowed;
}

} // namespace

// One accepted connection, in its coroutine's frame.
struct HttpConnection {
    HttpConnection(Tcp::socket socket, Admission::Ticket place, Ipv4 from)
        : stream(std::move(socket)), ticket(std::move(place)), peer(from) {}

    beast::tcp_stream stream;
    beast::flat_buffer buffer{buffer_size_max};
    Admission::Ticket ticket;
    Ipv4 peer;
    std::uint64_t written = 0; // bytes, of all replies
};

// The coroutines, and what they ask.
struct HttpTasks {
    // A place in the list of idle connections, left with the scope.
    class Idle {
    public:
        Idle(HttpServer& server, beast::tcp_stream& stream)
            : server_(server),
              place_(server.idle_.emplace(server.idle_.end(), [&stream] { stream.cancel(); })) {}
        Idle(const Idle&) = delete;
        Idle& operator=(const Idle&) = delete;
        ~Idle() { server_.idle_.erase(place_); }

    private:
        HttpServer& server_;
        std::list<std::function<void()>>::iterator place_;
    };

    static Reply answer(HttpServer& server, const Parser& parser, const Ipv4& peer) {
        const auto& request = parser.get();
        const bool is_head = request.method() == http::verb::head;
        const bool has_body = parser.chunked() || parser.content_length().value_or(0) > 0;
        if (!is_head && request.method() != http::verb::get)
            return error_reply(http::status::method_not_allowed, request,
                               request.keep_alive() && !has_body);
        if (has_body)
            return error_reply(http::status::payload_too_large, request, false);
        const std::string target(request.target());
        const auto name = decode_http_target(target);
        if (!name) {
            log(Level::warning, "http-malformed",
                {{"peer", peer.text()}, {"reason", name.error().message}});
            return error_reply(http::status::bad_request, request, request.keep_alive());
        }
        Passage passage = server.gate_.ask(*name, peer);
        TransferRecord record{passage.name,
                              "http",
                              peer,
                              passage.mac,
                              passage.owner,
                              {},
                              field_of(request, http::field::user_agent),
                              {},
                              {}};
        if (passage.answer == Answer::failed) {
            report(server.events_, EventKind::transfer_failed, record, {0, passage.reason});
            return error_reply(http::status::service_unavailable, request, request.keep_alive());
        }
        if (passage.answer != Answer::granted) {
            report(server.events_,
                   passage.answer == Answer::absent ? EventKind::transfer_absent
                                                    : EventKind::transfer_refused,
                   record, {{}, passage.reason});
            return error_reply(http::status::not_found, request, request.keep_alive());
        }
        record.size = passage.file->size;
        Reply reply = file_reply(request, passage);
        reply.record = std::move(record);
        return reply;
    }

    // Nothing if all was written; else why not.
    static asio::awaitable<std::string> write_header(HttpConnection& connection, Reply& reply) {
        error_code error;
        connection.stream.expires_after(write_patience);
        connection.written += co_await http::async_write(
            connection.stream, reply.header, asio::redirect_error(asio::use_awaitable, error));
        co_return error ? error.message() : std::string();
    }

    static asio::awaitable<std::string> write_bytes(HttpConnection& connection, ByteView bytes) {
        error_code error;
        const auto buffer = asio::buffer(bytes.data(), bytes.size());
        connection.stream.expires_after(write_patience);
        connection.written += co_await asio::async_write(
            connection.stream, buffer, asio::redirect_error(asio::use_awaitable, error));
        co_return error ? error.message() : std::string();
    }

    // sent: bytes of the file that went out.
    static asio::awaitable<std::string> write_file(HttpConnection& connection, const Reply& reply,
                                                   std::uint64_t& sent) {
        Bytes chunk(std::min<std::uint64_t>(chunk_size, reply.file->size));
        while (sent < reply.file->size) {
            const auto wanted = static_cast<std::size_t>(
                std::min<std::uint64_t>(chunk.size(), reply.file->size - sent));
            const std::span<std::uint8_t> place = std::span(chunk).first(wanted);
            const auto got = read_at(reply.file->descriptor, sent, place);
            if (!got)
                co_return got.error().message;
            if (*got != wanted)
                co_return "the file became shorter than " + std::to_string(reply.file->size) +
                    " bytes";
            const ByteView bytes = place;
            const std::string trouble = co_await write_bytes(connection, bytes);
            if (!trouble.empty())
                co_return trouble;
            sent += wanted;
        }
        co_return std::string();
    }

    static asio::awaitable<std::string> send_file(HttpServer& server, HttpConnection& connection,
                                                  const Reply& reply) {
        report(server.events_, EventKind::transfer_started, reply.record);
        std::uint64_t sent = 0;
        std::string trouble = co_await write_file(connection, reply, sent);
        if (trouble.empty())
            trouble = co_await until_delivered(connection.stream.socket(), connection.written);
        report(server.events_,
               trouble.empty() ? EventKind::transfer_done : EventKind::transfer_failed,
               reply.record, {sent, trouble});
        co_return trouble;
    }

    // True if the connection can take another request.
    static asio::awaitable<bool> send(HttpServer& server, HttpConnection& connection, Reply reply) {
        std::string trouble = co_await write_header(connection, reply);
        if (trouble.empty() && reply.has_body && reply.file)
            trouble = co_await send_file(server, connection, reply);
        const bool sends_text = trouble.empty() && reply.has_body && !reply.text.empty();
        if (sends_text) {
            const ByteView bytes = as_bytes(reply.text);
            trouble = co_await write_bytes(connection, bytes);
        }
        if (trouble.empty() && reply.header.result() == http::status::not_modified)
            report(server.events_, EventKind::transfer_done, reply.record, {0, "not modified"});
        co_return trouble.empty() && reply.header.keep_alive();
    }

    // Reads what the client still sends, or the kernel would answer it with a reset, which can
    // overtake our reply.
    static asio::awaitable<void> linger(HttpConnection& connection) {
        error_code error;
        connection.stream.socket().shutdown(Tcp::socket::shutdown_send, error);
        connection.stream.expires_after(linger_patience);
        std::size_t total = 0;
        while (!error && total < linger_size_max) {
            std::array<char, 4096> scratch; // filled by the read
            const auto place = asio::buffer(scratch);
            total += co_await connection.stream.async_read_some(
                place, asio::redirect_error(asio::use_awaitable, error));
        }
    }

    // True if another may follow.
    static asio::awaitable<bool> serve_request(HttpServer& server, HttpConnection& connection) {
        Parser parser;
        parser.header_limit(header_size_max);
        parser.body_limit(0);
        error_code error;
        {
            const Idle idle(server, connection.stream);
            connection.stream.expires_after(request_patience);
            co_await http::async_read_header(connection.stream, connection.buffer, parser,
                                             asio::redirect_error(asio::use_awaitable, error));
        }
        Reply reply;
        if (error) {
            const auto status = status_of(error, parser);
            if (!status)
                co_return false;
            log(Level::warning, "http-malformed",
                {{"peer", connection.peer.text()}, {"reason", error.message()}});
            reply = error_reply(*status, parser.get(), false);
        } else {
            reply = answer(server, parser, connection.peer);
        }
        if (server.stopping_)
            reply.header.keep_alive(false);
        const bool keeps = co_await send(server, connection, std::move(reply));
        co_return keeps;
    }

    static asio::awaitable<void> serve_connection(HttpServer& server, Tcp::socket socket,
                                                  Admission::Ticket ticket, Ipv4 peer) {
        HttpConnection connection(std::move(socket), std::move(ticket), peer);
        bool goes_on = true;
        while (goes_on && !server.stopping_)
            goes_on = co_await serve_request(server, connection);
        co_await linger(connection);
    }

    static void take_connection(HttpServer& server, asio::io_context& io, Tcp::socket socket) {
        error_code error;
        const auto remote = socket.remote_endpoint(error);
        if (error || !remote.address().is_v4())
            return; // gone already
        const Ipv4 peer{remote.address().to_v4().to_uint()};
        socket.set_option(Tcp::no_delay(true), error);
        socket.non_blocking(true, error);
        auto ticket = server.admission_.admit(peer);
        if (!ticket) {
            static constexpr std::string_view full =
                "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
                "Connection: close\r\n\r\n";
            log(Level::warning, "http-full", {{"peer", peer.text()}});
            socket.write_some(asio::buffer(full), error);
            return;
        }
        spawn(io, "http connection",
              serve_connection(server, std::move(socket), std::move(ticket), peer));
    }

    static asio::awaitable<void> accept(HttpServer& server, asio::io_context& io,
                                        std::shared_ptr<Tcp::acceptor> acceptor) {
        asio::steady_timer timer(io);
        while (acceptor->is_open()) {
            error_code error;
            Tcp::socket socket(io);
            co_await acceptor->async_accept(socket,
                                            asio::redirect_error(asio::use_awaitable, error));
            if (!acceptor->is_open())
                break;
            if (!error) {
                take_connection(server, io, std::move(socket));
                continue;
            }
            if (error == asio::error::connection_aborted)
                continue;
            // No descriptors or no memory: the clients wait in the queue until there are.
            log(Level::error, "http-accept", {{"reason", error.message()}});
            timer.expires_after(pause_after_error);
            error_code ignored;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }
};

void HttpServer::start(asio::io_context& io, Fd listener) {
    const auto acceptor = std::make_shared<Tcp::acceptor>(io, Tcp::v4(), listener.release());
    closers_.emplace_back([weak = std::weak_ptr(acceptor)] {
        error_code ignored;
        if (const auto open = weak.lock())
            open->close(ignored);
    });
    spawn(io, "http listener", HttpTasks::accept(*this, io, acceptor));
}

void HttpServer::stop() {
    stopping_ = true;
    for (const auto& close : std::exchange(closers_, {}))
        close();
    for (const auto& end : idle_)
        end();
}

} // namespace plugtone::tftpd
