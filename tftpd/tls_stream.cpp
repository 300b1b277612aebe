#include "tftpd/tls_stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include <sys/socket.h>

#include "core/base/openssl_handle.hpp"
#include "tftpd/client_trust.hpp"
#include "tftpd/tree_folder.hpp"

namespace plugtone::tftpd {

namespace {

// What one record holds (RFC 8446 section 5.1).
constexpr std::size_t record_size = 16384;

using Ssl = Handle<SSL, &SSL_free>;

class TlsStream final : public HttpStream {
public:
    TlsStream(Fd socket, SSL* ssl) : socket_(std::move(socket)), ssl_(ssl) {}

    int descriptor() const override { return socket_.get(); }
    Moved handshake() override {
        ERR_clear_error();
        return moved(SSL_accept(ssl_.get()));
    }
    Moved read(std::span<char> into) override {
        ERR_clear_error();
        return moved(SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size())));
    }
    Moved write(std::string_view first, std::string_view second, bool /*more*/) override {
        if (second.empty())
            return write_some(first);
        // One record instead of two; what is tried again is the same again.
        static thread_local std::array<char, record_size> record;
        const std::size_t of_first = std::min(first.size(), record.size());
        const std::size_t of_second = std::min(second.size(), record.size() - of_first);
        std::copy_n(first.begin(), of_first, record.begin());
        std::copy_n(second.begin(), of_second,
                    record.begin() + static_cast<std::ptrdiff_t>(of_first));
        return write_some({record.data(), of_first + of_second});
    }
    Moved write_file(const Fd& file, std::uint64_t offset, std::size_t size) override {
        static thread_local std::array<std::uint8_t, record_size> record;
        const auto wanted = std::span(record).first(std::min(size, record.size()));
        const auto got = read_at(file, offset, wanted);
        if (!got)
            return {Moved::State::failed, 0, got.error().message};
        if (*got == 0)
            return {Moved::State::failed, 0, "the file became shorter while it was sent"};
        return write_some(as_text(wanted.first(*got)));
    }
    void shut_down() override {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
        ::shutdown(socket_.get(), SHUT_WR);
    }
    std::uint64_t sent() const override { return BIO_number_written(SSL_get_wbio(ssl_.get())); }
    const CertificateNames* certificate() const override {
        return static_cast<const CertificateNames*>(
            SSL_get_ex_data(ssl_.get(), certificate_names_index()));
    }
    std::string version() const override { return SSL_get_version(ssl_.get()); }

private:
    Moved write_some(std::string_view bytes) {
        ERR_clear_error();
        const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
        return moved(SSL_write(ssl_.get(), bytes.data(), size));
    }
    Moved moved(int result) const {
        if (result > 0)
            return {Moved::State::some, static_cast<std::size_t>(result), {}};
        switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return {Moved::State::wants_read, 0, {}};
        case SSL_ERROR_WANT_WRITE:
            return {Moved::State::wants_write, 0, {}};
        case SSL_ERROR_ZERO_RETURN:
            return {Moved::State::closed, 0, {}};
        default:
            return {Moved::State::failed, 0, openssl_reason()};
        }
    }

    Fd socket_;
    Ssl ssl_; // before the socket is closed
};

void free_names(void* /*parent*/, void* names, CRYPTO_EX_DATA* /*data*/, int /*index*/,
                long /*argl*/, void* /*argp*/) {
    const std::unique_ptr<CertificateNames> owned(static_cast<CertificateNames*>(names));
}

} // namespace

int certificate_names_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_names);
    return index;
}

std::unique_ptr<HttpStream> make_tls_stream(SSL_CTX* context, Fd socket) {
    Ssl ssl(SSL_new(context));
    if (!ssl || SSL_set_fd(ssl.get(), socket.get()) != 1)
        return nullptr;
    SSL_set_accept_state(ssl.get());
    return std::make_unique<TlsStream>(std::move(socket), ssl.release());
}

} // namespace plugtone::tftpd
