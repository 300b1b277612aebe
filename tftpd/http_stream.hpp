// The bytes of an HTTP connection, plain or by TLS, over a socket that never blocks. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/fd.hpp"
#include "tftpd/client_trust.hpp"

namespace plugtone::tftpd {

// How a reading or writing went.
struct Moved {
    enum class State {
        some,        // bytes were moved, as many as size says
        wants_read,  // nothing yet: try again when the socket can be read
        wants_write, // or written to
        closed,      // the peer sends no more
        failed,      // trouble says why; the connection is of no use any more
    };
    State state = State::some;
    std::size_t size = 0;
    std::string trouble;
};

class HttpStream {
public:
    virtual ~HttpStream() = default;
    HttpStream() = default;
    HttpStream(const HttpStream&) = delete;
    HttpStream& operator=(const HttpStream&) = delete;

    virtual int descriptor() const = 0;
    // TLS' handshake; some: it is over (a plain connection has none).
    virtual Moved handshake() = 0;
    virtual Moved read(std::span<char> into) = 0;
    // One after the other; more: a file follows at once, so that both may go in one packet.
    virtual Moved write(std::string_view first, std::string_view second, bool more) = 0;
    // From that offset, at most size bytes.
    virtual Moved write_file(const Fd& file, std::uint64_t offset, std::size_t size) = 0;
    // Says goodbye, as far as the protocol has one; the peer may still send.
    virtual void shut_down() = 0;
    // Bytes that went to the socket in all.
    virtual std::uint64_t sent() const = 0;
    // Whom the client's certificate names; nothing: it showed none that is believed.
    virtual const CertificateNames* certificate() const { return nullptr; }
    // Of TLS; empty for a plain connection.
    virtual std::string version() const { return {}; }
};

std::unique_ptr<HttpStream> make_plain_stream(Fd socket);

} // namespace plugtone::tftpd
