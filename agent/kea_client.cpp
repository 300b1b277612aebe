#include "agent/kea_client.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/base/log.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

// Between two looks at what else there is to do.
constexpr int patience_ms = 10;

} // namespace

void KeaClient::reload(Clock::time_point now) {
    if (path_.empty())
        return;
    if (socket_) {
        again_ = true;
        return;
    }
    begin(now);
}

void KeaClient::begin(Clock::time_point now) {
    again_ = false;
    outcome_ = "asked";
    deadline_ = now + time_limit;
    unsent_ = R"({"command": "plugtone-reload"})";
    answer_.clear();
    auto socket = connect();
    if (!socket)
        return finish("failed: " + socket.error().message);
    socket_ = std::move(*socket);
    write_some();
}

Result<Fd> KeaClient::connect() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path)
        return fail("the path of Kea's control socket is too long: " + path_);
    std::copy(path_.begin(), path_.end(), std::begin(address.sun_path));
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail(ErrorKind::io, "Kea does not answer at " + path_ + ": " + std::strerror(errno));
    return socket;
}

Result<std::string> KeaClient::ask(const std::string& command) const {
    if (path_.empty())
        return fail(ErrorKind::io, "this agent has no Kea to ask (--kea-socket)");
    auto socket = connect();
    if (!socket)
        return tl::unexpected(socket.error());
    const Clock::time_point deadline = Clock::now() + answer_limit;
    if (::send(socket->get(), command.data(), command.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(command.size()))
        return fail(ErrorKind::io, std::string("Kea took no command: ") + std::strerror(errno));
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 1; got != 0;) {
        if (Clock::now() >= deadline)
            return fail(ErrorKind::io,
                        "Kea did not answer within " + std::to_string(answer_limit.count()) + " s");
        pollfd wait{socket->get(), POLLIN, 0};
        if (::poll(&wait, 1, patience_ms) == 0) {
            if (meanwhile_)
                meanwhile_();
            continue;
        }
        got = ::recv(socket->get(), buffer.data(), buffer.size(), 0);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return fail(ErrorKind::io,
                        std::string("Kea closed the connection: ") + std::strerror(errno));
        text.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (text.size() > answer_size_max)
            return fail(ErrorKind::io, "Kea's answer does not end");
    }
    const auto answer = nlohmann::json::parse(text, nullptr, false);
    if (!answer.is_object() || !answer.contains("result"))
        return fail(ErrorKind::io,
                    "want Kea's JSON answer, got '" + printable(text.substr(0, 200)) + "'");
    if (answer["result"] != 0)
        return fail(ErrorKind::io, "Kea: " + answer.value("text", std::string("no reason given")));
    return answer.value("arguments", nlohmann::json::object()).dump();
}

short KeaClient::poll_events() const {
    return unsent_.empty() ? POLLIN : POLLOUT;
}

KeaClient::Clock::time_point KeaClient::deadline() const {
    return socket_ ? deadline_ : Clock::time_point::max();
}

void KeaClient::advance(Clock::time_point now) {
    if (!socket_)
        return;
    if (now >= deadline_)
        finish("failed: Kea did not answer within " + std::to_string(time_limit.count()) + " s");
    else if (!unsent_.empty())
        write_some();
    else
        read_some();
    if (!socket_ && again_)
        begin(now);
}

void KeaClient::write_some() {
    const ssize_t sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent >= 0)
        unsent_.erase(0, static_cast<std::size_t>(sent));
    else if (errno != EAGAIN && errno != EINTR)
        finish(std::string("failed: Kea took no command: ") + std::strerror(errno));
}

void KeaClient::read_some() {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) {
        answer_.append(buffer.data(), static_cast<std::size_t>(got));
        if (answer_.size() > answer_size_max)
            finish("failed: Kea's answer does not end");
    } else if (got == 0) {
        take_answer();
    } else if (errno != EAGAIN && errno != EINTR) {
        finish(std::string("failed: Kea closed the connection: ") + std::strerror(errno));
    }
}

void KeaClient::take_answer() {
    const auto answer = nlohmann::json::parse(answer_, nullptr, false);
    if (!answer.is_object() || !answer.contains("result") || !answer["result"].is_number_integer())
        return finish("failed: want Kea's JSON answer, got '" + printable(answer_.substr(0, 200)) +
                      "'");
    const std::string text = answer.contains("text") && answer["text"].is_string()
                                 ? answer["text"].get<std::string>()
                                 : "";
    finish(answer["result"] == 0 ? text : "failed: " + text);
}

void KeaClient::finish(const std::string& outcome) {
    socket_.reset();
    unsent_.clear();
    outcome_ = outcome;
    log(outcome.starts_with("failed") ? Level::warning : Level::info, "kea-reload",
        {{"outcome", outcome}});
}

} // namespace plugtone
