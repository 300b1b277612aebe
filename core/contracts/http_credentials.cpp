#include "core/contracts/http_credentials.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <openssl/evp.h>

#include "core/base/bytes.hpp"

namespace plugtone {

namespace {

constexpr std::size_t md5_digits = 32;
constexpr std::size_t sha256_digits = 64;

std::string hash_hex(const EVP_MD* algorithm, std::string_view text) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, algorithm, nullptr) != 1)
        return {};
    return to_hex(ByteView(digest).first(size));
}

// RFC 3986 section 2.3.
bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        if (is_unreserved(c))
            encoded += c;
        else
            encoded += '%' + to_hex(as_bytes(std::string_view(&c, 1)));
    }
    return encoded;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_unreserved(text[at])) {
            decoded += text[at];
            continue;
        }
        const auto byte =
            text[at] == '%' ? from_hex(text.substr(at + 1, 2)) : std::optional<Bytes>();
        if (!byte || byte->size() != 1)
            return std::nullopt;
        decoded += static_cast<char>(byte->front());
        at += 2;
    }
    return decoded;
}

bool is_hex(std::string_view text, std::size_t size) {
    return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

} // namespace

HttpCredentials make_credentials(HttpAuth kind, const std::string& user, const Secret& password) {
    HttpCredentials made{kind, user, {}, {}};
    if (user.empty() || password.empty())
        return made;
    const Secret a1(user + ":" + std::string(http_realm) + ":" + std::string(password.reveal()));
    made.ha1_md5 = hash_hex(EVP_md5(), a1.reveal());
    made.ha1_sha256 = hash_hex(EVP_sha256(), a1.reveal());
    return made;
}

std::string encode_credentials(const HttpCredentials& credentials) {
    return std::string(http_auth_name(credentials.kind)) + ":" + credentials.ha1_md5 + ":" +
           credentials.ha1_sha256 + ":" + percent_encoded(credentials.user);
}

std::optional<HttpCredentials> decode_credentials(std::string_view text) {
    std::array<std::string_view, 4> parts;
    for (std::size_t at = 0; at + 1 < parts.size(); ++at) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos)
            return std::nullopt;
        parts.at(at) = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    const auto kind = http_auth_named(parts[0]);
    const auto user = percent_decoded(text);
    if (!kind || *kind == HttpAuth::none || !user)
        return std::nullopt;
    const bool is_empty = parts[1].empty() && parts[2].empty();
    const bool is_whole = is_hex(parts[1], md5_digits) && is_hex(parts[2], sha256_digits);
    if (!is_empty && !is_whole)
        return std::nullopt;
    return HttpCredentials{*kind, *user, std::string(parts[1]), std::string(parts[2])};
}

} // namespace plugtone
