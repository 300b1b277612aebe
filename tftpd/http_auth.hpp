// HTTP authentication: Basic (RFC 7617) and Digest (RFC 7616, and RFC 2069's form, which old phones
// speak). Pure, but for the random key that a NonceMaker begins with. Comparisons take the same
// time whatever is wrong.
//
// A nonce is made of the time and a MAC over it, so that nothing is remembered for those who only
// ask. For those who answer, the count that a nonce was last used with is remembered, for the
// latest nonces_max of them: an answer that was overheard is of no use a second time. RFC 2069's
// form has no count: there a nonce can be used again until it expires.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/contracts/http_credentials.hpp"

namespace plugtone::tftpd {

inline constexpr std::size_t authorization_size_max = 4096;

// The parts of "Authorization: Digest …" (RFC 7616 section 3.4), unquoted.
struct DigestAnswer {
    std::string user, realm, nonce, uri, response, algorithm, qop, count, client_nonce;
};
// Refuses what is no such header, and a part that stands twice.
Result<DigestAnswer> parse_digest(std::string_view header);

struct BasicAnswer {
    std::string user;
    Secret password;
};
Result<BasicAnswer> parse_basic(std::string_view header);

// What the answer's response must be, as hex; ha1 is of the answer's algorithm.
std::string digest_response(const DigestAnswer& answer, std::string_view method,
                            std::string_view ha1);

class HttpAuthenticator {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    static constexpr std::chrono::minutes nonce_life{5};
    static constexpr std::size_t nonces_max = 4096;

    // Throws when there are no random numbers to be had.
    HttpAuthenticator();

    enum class Verdict {
        accepted,
        missing, // no answer yet
        wrong,
        stale, // right, but for the nonce: with a new one it would be accepted
    };
    // target: as it stands in the request.
    Verdict verify(std::string_view header, std::string_view method, std::string_view target,
                   const HttpCredentials& credentials, TimePoint now);
    // Values of WWW-Authenticate; the strongest first.
    std::vector<std::string> challenges(HttpAuth kind, bool stale, TimePoint now) const;

private:
    std::string make_nonce(TimePoint now) const;
    std::string nonce_of(std::uint64_t milliseconds) const;
    // When it was made; nothing if it was not made here.
    std::optional<std::int64_t> age_of(std::string_view nonce, TimePoint now) const;
    Verdict verify_digest(std::string_view header, std::string_view method, std::string_view target,
                          const HttpCredentials& credentials, TimePoint now);
    bool is_first_use(const DigestAnswer& answer);

    std::array<std::uint8_t, 32> key_{};
    std::map<std::string, std::uint64_t> counts_; // last used, by nonce: the oldest come first
};

} // namespace plugtone::tftpd
