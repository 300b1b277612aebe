#include "agent/legacy_encoder.hpp"

#include <array>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/fd.hpp"
#include "core/formats/gs_binary.hpp"

namespace plugtone {

namespace {

using Clock = std::chrono::steady_clock;

Done wait_for(const Fd& socket, short what, Clock::time_point deadline) {
    pollfd wait{socket.get(), what, 0};
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0)
            return fail(ErrorKind::io, "it did not answer in time");
        const int ready = ::poll(&wait, 1, static_cast<int>(left));
        if (ready > 0)
            return {};
        if (ready < 0 && errno != EINTR)
            return fail_errno("cannot wait");
    }
}

Result<Fd> connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return fail(ErrorKind::io, "there is no socket of that name");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (!socket || ::connect(socket.get(), generic, sizeof address) != 0)
        return fail_errno("cannot connect");
    return socket;
}

Done send_all(const Fd& socket, std::string_view text, Clock::time_point deadline) {
    while (!text.empty()) {
        const ssize_t sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            text.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            return fail_errno("cannot send");
        if (auto ready = wait_for(socket, POLLOUT, deadline); !ready)
            return ready;
    }
    if (::shutdown(socket.get(), SHUT_WR) != 0)
        return fail_errno("cannot end the question");
    return {};
}

Result<Bytes> receive_all(const Fd& socket, Clock::time_point deadline) {
    Bytes all;
    std::array<std::uint8_t, 16384> piece{};
    for (;;) {
        const ssize_t got = ::recv(socket.get(), piece.data(), piece.size(), 0);
        if (got == 0)
            return all;
        if (got > 0) {
            all.insert(all.end(), piece.begin(), piece.begin() + got);
            if (all.size() > gs_binary_size_max)
                return fail("it answers more than " + std::to_string(gs_binary_size_max) +
                            " bytes, which no device reads");
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            return fail_errno("cannot receive");
        if (auto ready = wait_for(socket, POLLIN, deadline); !ready)
            return tl::unexpected(ready.error());
    }
}

Result<Bytes> ask(const std::string& socket, const std::string& question,
                  Clock::time_point deadline) {
    const auto connected = connect_to(socket);
    if (!connected)
        return tl::unexpected(connected.error());
    if (auto sent = send_all(*connected, question, deadline); !sent)
        return tl::unexpected(sent.error());
    return receive_all(*connected, deadline);
}

} // namespace

Done check_vendor_file(const Mac& mac, ByteView bytes) {
    if (auto good = check_gs_binary_frame(bytes); !good)
        return good;
    if (is_encrypted_gs_binary(bytes))
        return {};
    const auto file = decode_gs_binary(bytes);
    if (!file)
        return tl::unexpected(file.error());
    if (file->mac != mac)
        return fail("the file is for " + file->mac.text() + ", not for " + mac.text());
    return {};
}

Result<Bytes> run_legacy_encoder(const std::string& socket, const std::string& class_name,
                                 const Mac& mac, std::string_view text,
                                 std::chrono::milliseconds time_max) {
    const std::string question = class_name + " " + mac.text() + "\n" + std::string(text);
    auto answer = ask(socket, question, Clock::now() + time_max);
    const std::string who = "the legacy encoder of class " + class_name + " (" + socket + ")";
    if (!answer)
        return fail_in(who, answer.error());
    if (answer->empty())
        return fail(ErrorKind::io, who +
                                       ": it answered nothing; 'journalctl -u plugtone-encoder@*' "
                                       "has what it said");
    if (auto good = check_vendor_file(mac, *answer); !good)
        return fail_in(who, good.error());
    return answer;
}

} // namespace plugtone
