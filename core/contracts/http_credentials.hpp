// What the file server knows of a device's user name and password for HTTP: enough to check them,
// and not themselves (RFC 7616's H(A1)). Stored in the manifest.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/secret.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

// The part of the server that they are for; devices show it to nobody.
inline constexpr std::string_view http_realm = "plugtone";

struct HttpCredentials {
    HttpAuth kind = HttpAuth::digest;
    std::string user;
    // H(user:realm:password), as hex; empty where the device has no name or no password: then
    // nobody gets the file over HTTP.
    std::string ha1_md5;
    std::string ha1_sha256;

    bool operator==(const HttpCredentials&) const = default;
};

HttpCredentials make_credentials(HttpAuth kind, const std::string& user, const Secret& password);

// "digest:<md5>:<sha256>:<user, percent-encoded>", or "digest:::" without.
std::string encode_credentials(const HttpCredentials& credentials);
// Nothing for anything else.
std::optional<HttpCredentials> decode_credentials(std::string_view text);

} // namespace plugtone
