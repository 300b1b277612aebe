// The target of an HTTP request (RFC 9112 section 3.2) as a name for the catalogue. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace plugtone::tftpd {

// Before decoding, the query included.
inline constexpr std::size_t http_target_size_max = 2048;

// Takes the origin form (/name) and the absolute form (http://host/name). Percent-encoding is
// decoded once; the result is refused as normalise_request_name refuses ("..", NUL and other
// control characters, backslashes). The query is ignored: some devices add one, and nothing here
// depends on it. A fragment is refused: it is never sent.
Result<std::string> decode_http_target(std::string_view target);

// The origin form of a name.
std::string encode_http_target(std::string_view name);

} // namespace plugtone::tftpd
