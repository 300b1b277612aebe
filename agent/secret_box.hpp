// Seals what the database must not hold in clear: AES-256-GCM (NIST SP 800-38D) under the master
// key. Any thread. Form: 12 bytes of random nonce, the cipher text, 16 bytes of tag.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/base/secret.hpp"

namespace plugtone {

class SecretBox {
public:
    static constexpr std::size_t key_size = 32;

    // The key in that file; a new one is made, readable by us only, when there is no file. A file
    // of another size, or one that others may read, is refused: a key made anew would lose every
    // secret.
    static Result<SecretBox> from_file(const std::string& path);
    // key: key_size bytes.
    explicit SecretBox(Secret key) : key_(std::move(key)) {}

    // context: what the text belongs to, e.g. "000b82123456 P34"; it is not stored, and the same
    // must be given to open(), so that a value cannot be moved to another device.
    Result<Bytes> seal(std::string_view plain, std::string_view context) const;
    Result<Secret> open(ByteView sealed, std::string_view context) const;
    // The same for the same text, and for nobody to make or undo without the key: HMAC-SHA-256 (RFC
    // 2104), hex digits.
    std::string fingerprint(std::string_view text) const;

private:
    Secret key_;
};

} // namespace plugtone
