// links: tftpd
// An Authorization header, whatever came: it is refused, for no input knows the password.
#include <cstdlib>

#include "core/base/bytes.hpp"
#include "tftpd/http_auth.hpp"

using namespace plugtone;
using namespace plugtone::tftpd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using Verdict = HttpAuthenticator::Verdict;
    static HttpAuthenticator authenticator;
    static const auto basic = make_credentials(HttpAuth::basic, "phone",
                                               Secret("a password that is in no corpus, 7d1f2c"));
    static const auto digest = make_credentials(HttpAuth::digest, "phone",
                                                Secret("a password that is in no corpus, 7d1f2c"));
    const std::string_view header = as_text(ByteView(data, size));
    for (const auto* credentials : {&basic, &digest}) {
        const Verdict verdict = authenticator.verify(header, "GET", "/cfg.xml", *credentials, {});
        if (verdict == Verdict::accepted || verdict == Verdict::stale)
            std::abort();
        if (header.empty() != (verdict == Verdict::missing))
            std::abort();
    }
    return 0;
}
