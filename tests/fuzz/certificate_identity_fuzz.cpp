// links: tftpd
// A client certificate as DER, whatever came: a MAC is only taken from a text that holds it.
#include <cstdlib>

#include <openssl/x509.h>

#include "core/base/bytes.hpp"
#include "core/base/openssl_handle.hpp"
#include "tftpd/certificate_identity.hpp"

using namespace plugtone;
using namespace plugtone::tftpd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using Field = ClientCertificates::Field;
    const std::string_view text = as_text(ByteView(data, size));
    if (const auto mac = mac_by_pattern(text, "GS-{mac}*"); mac && !text.starts_with("GS-"))
        std::abort();
    const std::uint8_t* at = data;
    const Handle<X509, &X509_free> certificate(d2i_X509(nullptr, &at, static_cast<long>(size)));
    if (!certificate)
        return 0;
    for (const Field field : {Field::common_name, Field::subject_alt_name, Field::serial}) {
        const auto mac = certificate_mac(certificate.get(), {"", "", field, "*{mac}*"});
        if (!mac && mac.error().message.empty())
            std::abort();
    }
    return 0;
}
