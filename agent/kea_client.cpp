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
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path)
        return finish("failed: the path of Kea's control socket is too long: " + path_);
    std::copy(path_.begin(), path_.end(), std::begin(address.sun_path));
    socket_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return finish("failed: Kea does not answer at " + path_ + ": " + std::strerror(errno));
    write_some();
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
