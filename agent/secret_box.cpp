#include "agent/secret_box.hpp"

#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "core/base/file.hpp"
#include "core/contracts/durable.hpp"

namespace plugtone {

namespace {

constexpr int nonce_size = 12;
constexpr int tag_size = 16;

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

int int_size(std::size_t size) {
    return static_cast<int>(size); // values are bounded far below INT_MAX (parameter.hpp)
}

// The mode's bits that must not be set. With an access list (systemd gives a service its
// credentials by one), those of the group are the list's mask, and no group's.
mode_t others_of(const std::string& path) {
    return ::getxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) > 0 ? 0007 : 0077;
}

Result<SecretBox> make_key(const std::string& path) {
    std::string key(SecretBox::key_size, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), int_size(key.size())) != 1)
        return fail(ErrorKind::io, "the system's random generator gives nothing");
    Secret secret(std::move(key));
    if (auto written = write_file(path, as_bytes(secret.reveal()), 0600, Durability::durable);
        !written)
        return fail_in("master key", written.error());
    return SecretBox(std::move(secret));
}

Bytes hmac_sha256(ByteView key, std::string_view text) {
    Bytes code(EVP_MAX_MD_SIZE);
    unsigned int size = 0;
    const ByteView bytes = as_bytes(text);
    if (HMAC(EVP_sha256(), key.data(), int_size(key.size()), bytes.data(), bytes.size(),
             code.data(), &size) == nullptr)
        throw std::runtime_error("the crypto library makes no HMAC");
    code.resize(size);
    return code;
}

} // namespace

Result<SecretBox> SecretBox::from_file(const std::string& path) {
    const auto bytes = read_file(path, key_size);
    if (!bytes)
        return bytes.error().kind == ErrorKind::not_found
                   ? make_key(path)
                   : Result<SecretBox>(fail_in("master key", bytes.error()));
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return fail_errno("master key " + path);
    if ((status.st_mode & others_of(path)) != 0)
        return fail(ErrorKind::refused,
                    "master key " + path + ": others may read it; want mode 0600 (chmod 600)");
    if (bytes->size() != key_size)
        return fail("master key " + path + ": want " + std::to_string(key_size) + " bytes, got " +
                    std::to_string(bytes->size()) +
                    "; restore it from a backup, a new one could not open what is stored");
    return SecretBox(Secret(std::string(as_text(*bytes))));
}

Result<Bytes> SecretBox::seal(std::string_view plain, std::string_view context) const {
    Bytes sealed(nonce_size + plain.size() + tag_size);
    std::uint8_t* const text = sealed.data() + nonce_size;
    std::uint8_t* const tag = text + plain.size();
    const Context cipher(EVP_CIPHER_CTX_new());
    int size = 0;
    const auto* key = reinterpret_cast<const unsigned char*>(key_.reveal().data());
    const bool good =
        cipher && RAND_bytes(sealed.data(), nonce_size) == 1 &&
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key, sealed.data()) == 1 &&
        EVP_EncryptUpdate(cipher.get(), nullptr, &size, as_bytes(context).data(),
                          int_size(context.size())) == 1 &&
        EVP_EncryptUpdate(cipher.get(), text, &size, as_bytes(plain).data(),
                          int_size(plain.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher.get(), tag, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_size, tag) == 1;
    if (!good)
        return fail(ErrorKind::io, "sealing failed in the crypto library");
    return sealed;
}

Result<Secret> SecretBox::open(ByteView sealed, std::string_view context) const {
    if (sealed.size() < nonce_size + tag_size)
        return fail("a sealed value is cut off");
    const ByteView text = sealed.subspan(nonce_size, sealed.size() - nonce_size - tag_size);
    Bytes tag(sealed.end() - tag_size, sealed.end());
    std::string plain(text.size(), '\0');
    auto* const out = reinterpret_cast<unsigned char*>(plain.data());
    const Context cipher(EVP_CIPHER_CTX_new());
    int size = 0;
    const auto* key = reinterpret_cast<const unsigned char*>(key_.reveal().data());
    const bool good =
        cipher &&
        EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key, sealed.data()) == 1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &size, as_bytes(context).data(),
                          int_size(context.size())) == 1 &&
        EVP_DecryptUpdate(cipher.get(), out, &size, text.data(), int_size(text.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher.get(), out + plain.size(), &size) == 1;
    Secret secret(std::move(plain));
    if (!good)
        return fail(ErrorKind::refused, "the value of " + std::string(context) +
                                            " does not open under this master key");
    return secret;
}

std::string SecretBox::fingerprint(std::string_view text) const {
    // A key of its own, so that the master key serves one algorithm only.
    const Bytes key = hmac_sha256(as_bytes(key_.reveal()), "plugtone fingerprint");
    return to_hex(hmac_sha256(key, text));
}

} // namespace plugtone
