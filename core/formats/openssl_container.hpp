// The encrypted file that `openssl enc -aes-256-cbc` makes and the devices read (the guide, "XML
// File Encryption"): "Salted__", 8 bytes of salt, then AES-256-CBC with PKCS#7 padding; key and IV
// by EVP_BytesToKey, one round.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/base/secret.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

using Salt = std::array<std::uint8_t, 8>;

// Largest plain text, bytes; OpenSSL counts in int.
inline constexpr std::size_t container_size_max = std::size_t{64} << 20U;

// From the system's generator.
Result<Salt> random_salt();

// Without a salt there is no header either.
Result<Bytes> encrypt_container(ByteView plain, const Secret& password, KeyDigest digest,
                                const std::optional<Salt>& salt);
// Takes both forms: with "Salted__" in front it is the salted one. A wrong password, digest or
// length is invalid; about one wrong password in 256 is found only by what the plain text is.
Result<Bytes> decrypt_container(ByteView container, const Secret& password, KeyDigest digest);

// The devices' rules for P1359: 1 to 40 characters of ASCII 33 to 126 (facts, section 2).
Done check_xml_password(const Secret& password);
// 24 letters and digits from the system's generator, about 142 bits.
Result<Secret> generate_xml_password();

} // namespace plugtone
