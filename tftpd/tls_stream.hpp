// An HTTP connection over TLS, by OpenSSL. The poller's thread.
#pragma once

#include <memory>

#include <openssl/ssl.h>

#include "core/base/fd.hpp"
#include "tftpd/http_stream.hpp"

namespace plugtone::tftpd {

// context: as TlsContext prepares it; the stream holds a reference. Nothing without memory.
std::unique_ptr<HttpStream> make_tls_stream(SSL_CTX* context, Fd socket);

// Where the context's verification leaves the names for the stream.
int certificate_names_index();

} // namespace plugtone::tftpd
