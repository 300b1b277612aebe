#include "tftpd/http_stream.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/sendfile.h>
#include <sys/socket.h>

#include "core/base/iovec.hpp"

namespace plugtone::tftpd {

namespace {

class PlainStream final : public HttpStream {
public:
    explicit PlainStream(Fd socket) : socket_(std::move(socket)) {}

    int descriptor() const override { return socket_.get(); }
    Moved handshake() override { return {}; }
    Moved read(std::span<char> into) override {
        const ssize_t got = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
        if (got == 0)
            return {Moved::State::closed, 0, {}};
        return moved(got, Moved::State::wants_read);
    }
    Moved write(std::string_view first, std::string_view second, bool more) override {
        std::array<iovec, 2> pieces{piece_of(first.data(), first.size()),
                                    piece_of(second.data(), second.size())};
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = second.empty() ? 1 : 2;
        const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
        return counted(::sendmsg(socket_.get(), &message, flags));
    }
    Moved write_file(const Fd& file, std::uint64_t offset, std::size_t size) override {
        auto at = static_cast<off_t>(offset);
        const ssize_t done = ::sendfile(socket_.get(), file.get(), &at, size);
        if (done == 0)
            return {Moved::State::failed, 0, "the file became shorter while it was sent"};
        return counted(done);
    }
    void shut_down() override { ::shutdown(socket_.get(), SHUT_WR); }
    std::uint64_t sent() const override { return sent_; }

private:
    static Moved moved(ssize_t size, Moved::State blocked) {
        if (size >= 0)
            return {Moved::State::some, static_cast<std::size_t>(size), {}};
        if (errno == EAGAIN || errno == EINTR)
            return {blocked, 0, {}};
        return {Moved::State::failed, 0, std::strerror(errno)};
    }
    Moved counted(ssize_t size) {
        sent_ += size > 0 ? static_cast<std::uint64_t>(size) : 0;
        return moved(size, Moved::State::wants_write);
    }

    Fd socket_;
    std::uint64_t sent_ = 0;
};

} // namespace

std::unique_ptr<HttpStream> make_plain_stream(Fd socket) {
    return std::make_unique<PlainStream>(std::move(socket));
}

} // namespace plugtone::tftpd
