// Which device does a client certificate name? Pure; the certificate is not verified here.
#pragma once

#include <string_view>

#include <openssl/x509.h>

#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone::tftpd {

// The one MAC that stands where the rule's pattern has {mac}: 12 hex digits, or with ':' or '-'
// between the bytes, in either case. A serial number is compared as its hex digits. Fails when
// there is none, when two are there, or when a text holds a NUL (which other readers take for its
// end).
Result<Mac> certificate_mac(X509* certificate, const ClientCertificates& rule);

// Of one text.
Result<Mac> mac_by_pattern(std::string_view text, std::string_view pattern);

} // namespace plugtone::tftpd
