// Encrypted files: opening any bytes is safe; sealing and opening gives the bytes back. The first
// byte chooses digest and salt.
#include "core/formats/openssl_container.hpp"

#include <algorithm>

#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    const KeyDigest digest = (data[0] & 1U) != 0 ? KeyDigest::sha256 : KeyDigest::md5;
    std::optional<Salt> salt;
    if ((data[0] & 2U) != 0)
        salt = Salt{1, 2, 3, 4, 5, 6, 7, 8};
    const ByteView bytes(data + 1, size - 1);
    const Secret password("password");
    const auto opened = decrypt_container(bytes, password, digest);
    require(!opened || opened->size() < bytes.size(), "the plain text is smaller");
    const auto sealed = encrypt_container(bytes, password, digest, salt);
    require(sealed.has_value(), "everything can be sealed");
    const auto again = decrypt_container(*sealed, password, digest);
    require(again && std::equal(again->begin(), again->end(), bytes.begin(), bytes.end()),
            "and opens as it was");
    return 0;
}
