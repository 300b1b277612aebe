#include "tftpd/http_auth.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "core/base/text.hpp"

namespace plugtone::tftpd {

namespace {

constexpr std::size_t time_digits = 16;
constexpr std::size_t mac_size = 16; // bytes of the nonce's MAC
constexpr std::string_view digest_scheme = "digest ";
constexpr std::string_view basic_scheme = "basic ";

std::string hash_hex(bool is_sha256, const std::string& text) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const EVP_MD* algorithm = is_sha256 ? EVP_sha256() : EVP_md5();
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, algorithm, nullptr) != 1)
        throw std::runtime_error("a digest cannot be made");
    return to_hex(ByteView(digest).first(size));
}

bool same_secret(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

bool has_scheme(std::string_view header, std::string_view scheme) {
    return lower(header.substr(0, scheme.size())) == scheme;
}

bool is_sha256(const DigestAnswer& answer) {
    return lower(answer.algorithm) == "sha-256";
}

void skip(std::string_view& rest, std::string_view characters) {
    rest.remove_prefix(std::min(rest.find_first_not_of(characters), rest.size()));
}

// A token or a quoted string (RFC 9110 section 5.6).
std::optional<std::string> take_value(std::string_view& rest) {
    if (!rest.starts_with('"')) {
        const std::size_t end = std::min(rest.find_first_of(", \t"), rest.size());
        std::string value(rest.substr(0, end));
        rest.remove_prefix(end);
        return value;
    }
    std::string value;
    for (std::size_t at = 1; at < rest.size(); ++at) {
        if (rest[at] == '"') {
            rest.remove_prefix(at + 1);
            return value;
        }
        if (rest[at] == '\\' && ++at == rest.size())
            break;
        value += rest[at];
    }
    return std::nullopt;
}

std::string* place_of(DigestAnswer& answer, std::string_view name) {
    using Field = std::pair<std::string_view, std::string DigestAnswer::*>;
    static constexpr std::array<Field, 9> fields{{{"username", &DigestAnswer::user},
                                                  {"realm", &DigestAnswer::realm},
                                                  {"nonce", &DigestAnswer::nonce},
                                                  {"uri", &DigestAnswer::uri},
                                                  {"response", &DigestAnswer::response},
                                                  {"algorithm", &DigestAnswer::algorithm},
                                                  {"qop", &DigestAnswer::qop},
                                                  {"nc", &DigestAnswer::count},
                                                  {"cnonce", &DigestAnswer::client_nonce}}};
    for (const auto& [known, field] : fields)
        if (known == name)
            return &(answer.*field);
    return nullptr;
}

// The target may stand in absolute form in one place and not in the other.
std::string_view path_of(std::string_view target) {
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos || target.starts_with('/'))
        return target;
    const std::size_t path = target.find('/', scheme + 3);
    return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

} // namespace

Result<DigestAnswer> parse_digest(std::string_view header) {
    if (header.size() > authorization_size_max || !has_scheme(header, digest_scheme))
        return fail("authorization: want Digest");
    std::string_view rest = header.substr(digest_scheme.size());
    DigestAnswer answer;
    std::vector<std::string> seen;
    while (skip(rest, ", \t"), !rest.empty()) {
        const std::size_t equals = rest.find('=');
        if (equals == std::string_view::npos)
            return fail("authorization: want NAME=VALUE");
        const std::string name = lower(trim(rest.substr(0, equals)));
        rest.remove_prefix(equals + 1);
        skip(rest, " \t");
        auto value = take_value(rest);
        if (!value)
            return fail("authorization: a quotation has no end");
        if (std::find(seen.begin(), seen.end(), name) != seen.end())
            return fail("authorization: a part stands twice");
        seen.push_back(name);
        if (std::string* place = place_of(answer, name))
            *place = std::move(*value);
    }
    return answer;
}

Result<BasicAnswer> parse_basic(std::string_view header) {
    if (header.size() > authorization_size_max || !has_scheme(header, basic_scheme))
        return fail("authorization: want Basic");
    const std::string_view coded = trim(header.substr(basic_scheme.size()));
    std::vector<unsigned char> plain(coded.size() + 3);
    const int size =
        EVP_DecodeBlock(plain.data(), reinterpret_cast<const unsigned char*>(coded.data()),
                        static_cast<int>(coded.size()));
    const std::size_t padding =
        coded.ends_with("==") ? 2 : static_cast<std::size_t>(coded.ends_with('='));
    if (coded.empty() || size < static_cast<int>(padding))
        return fail("authorization: want base64");
    const std::string text(plain.begin(),
                           plain.begin() + size - static_cast<std::ptrdiff_t>(padding));
    OPENSSL_cleanse(plain.data(), plain.size());
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos)
        return fail("authorization: want USER:PASSWORD");
    return BasicAnswer{text.substr(0, colon), Secret(text.substr(colon + 1))};
}

std::string digest_response(const DigestAnswer& answer, std::string_view method,
                            std::string_view ha1) {
    const bool sha256 = is_sha256(answer);
    const std::string ha2 = hash_hex(sha256, std::string(method) + ":" + answer.uri);
    std::string text = std::string(ha1) + ":" + answer.nonce + ":";
    if (!answer.qop.empty()) // RFC 2069 has none
        text += answer.count + ":" + answer.client_nonce + ":" + answer.qop + ":";
    return hash_hex(sha256, text + ha2);
}

HttpAuthenticator::HttpAuthenticator() {
    if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
        throw std::runtime_error("no random numbers for the nonces");
}

std::string HttpAuthenticator::make_nonce(TimePoint now) const {
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    return nonce_of(static_cast<std::uint64_t>(milliseconds));
}

std::string HttpAuthenticator::nonce_of(std::uint64_t milliseconds) const {
    std::array<std::uint8_t, time_digits / 2> time{};
    for (std::size_t at = 0; at < time.size(); ++at)
        time.at(at) = static_cast<std::uint8_t>(milliseconds >> (8 * (time.size() - 1 - at)));
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), time.data(), time.size(),
         mac.data(), &size);
    return to_hex(time) + to_hex(ByteView(mac).first(mac_size));
}

std::optional<std::int64_t> HttpAuthenticator::age_of(std::string_view nonce, TimePoint now) const {
    const auto time = from_hex(nonce.substr(0, time_digits));
    if (!time || time->size() != time_digits / 2)
        return std::nullopt;
    std::uint64_t milliseconds = 0;
    for (const std::uint8_t byte : *time)
        milliseconds = milliseconds << 8U | byte;
    // Not a time before its MAC is ours: what a stranger wrote need not fit a time point.
    if (!same_secret(nonce_of(milliseconds), nonce))
        return std::nullopt;
    const std::chrono::milliseconds made(static_cast<std::int64_t>(milliseconds));
    return std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch() - made)
        .count();
}

bool HttpAuthenticator::is_first_use(const DigestAnswer& answer) {
    if (answer.qop.empty())
        return true;
    const auto digits = from_hex(answer.count);
    std::uint64_t count = 0;
    if (!digits || digits->size() != 4)
        return false;
    for (const std::uint8_t byte : *digits)
        count = count << 8U | byte;
    std::uint64_t& last = counts_[answer.nonce];
    if (count <= last)
        return false;
    last = count;
    if (counts_.size() > nonces_max) // nonces begin with their time
        counts_.erase(counts_.begin());
    return true;
}

HttpAuthenticator::Verdict HttpAuthenticator::verify_digest(std::string_view header,
                                                            std::string_view method,
                                                            std::string_view target,
                                                            const HttpCredentials& credentials,
                                                            TimePoint now) {
    const auto answer = parse_digest(header);
    if (!answer)
        return Verdict::wrong;
    const std::string algorithm = lower(answer->algorithm);
    const bool is_known = algorithm.empty() || algorithm == "md5" || algorithm == "sha-256";
    const bool is_qop = answer->qop.empty() || answer->qop == "auth";
    if (!is_known || !is_qop || answer->realm != http_realm ||
        path_of(answer->uri) != path_of(target) || credentials.ha1_md5.empty())
        return Verdict::wrong;
    const std::string& ha1 = is_sha256(*answer) ? credentials.ha1_sha256 : credentials.ha1_md5;
    const bool is_right =
        same_secret(digest_response(*answer, method, ha1), lower(answer->response));
    const bool is_user = same_secret(answer->user, credentials.user);
    const auto age = age_of(answer->nonce, now);
    if (!is_right || !is_user)
        return Verdict::wrong;
    // One of before a restart is stale, too: who knows the password is told to ask anew.
    const bool is_fresh = age && *age >= 0 && std::chrono::milliseconds(*age) <= nonce_life;
    return is_fresh && is_first_use(*answer) ? Verdict::accepted : Verdict::stale;
}

HttpAuthenticator::Verdict
HttpAuthenticator::verify(std::string_view header, std::string_view method, std::string_view target,
                          const HttpCredentials& credentials, TimePoint now) {
    if (header.empty())
        return Verdict::missing;
    if (credentials.kind == HttpAuth::digest)
        return verify_digest(header, method, target, credentials, now);
    const auto answer = parse_basic(header);
    if (!answer || credentials.ha1_sha256.empty())
        return Verdict::wrong;
    const HttpCredentials shown =
        make_credentials(credentials.kind, answer->user, answer->password);
    const bool is_user = same_secret(shown.user, credentials.user);
    return same_secret(shown.ha1_sha256, credentials.ha1_sha256) && is_user ? Verdict::accepted
                                                                            : Verdict::wrong;
}

std::vector<std::string> HttpAuthenticator::challenges(HttpAuth kind, bool stale,
                                                       TimePoint now) const {
    const std::string realm = "realm=\"" + std::string(http_realm) + "\"";
    if (kind == HttpAuth::basic)
        return {"Basic " + realm};
    const std::string nonce = make_nonce(now);
    const std::string end = stale ? ", stale=true" : "";
    std::vector<std::string> made;
    for (const char* algorithm : {"SHA-256", "MD5"})
        made.push_back("Digest " + realm + ", qop=\"auth\", algorithm=" + algorithm + ", nonce=\"" +
                       nonce + "\"" + end);
    return made;
}

} // namespace plugtone::tftpd
