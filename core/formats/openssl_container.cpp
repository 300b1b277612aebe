#include "core/formats/openssl_container.hpp"

#include <algorithm>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace plugtone {

namespace {

constexpr std::string_view header = "Salted__";
constexpr std::size_t block_size = 16;
constexpr std::size_t password_size_max = 40;

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* pointer) const noexcept {
        Free(pointer);
    }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freer<&EVP_CIPHER_CTX_free>>;

// Key and IV, wiped when they go.
struct KeyMaterial {
    std::array<std::uint8_t, 32> key{};
    std::array<std::uint8_t, block_size> iv{};
    KeyMaterial() = default;
    KeyMaterial(const KeyMaterial&) = delete;
    KeyMaterial& operator=(const KeyMaterial&) = delete;
    ~KeyMaterial() {
        OPENSSL_cleanse(key.data(), key.size());
        OPENSSL_cleanse(iv.data(), iv.size());
    }
};

bool derive(const Secret& password, KeyDigest digest, const std::uint8_t* salt, KeyMaterial& into) {
    const ByteView text = as_bytes(password.reveal());
    const EVP_MD* hash = digest == KeyDigest::md5 ? EVP_md5() : EVP_sha256();
    return EVP_BytesToKey(EVP_aes_256_cbc(), hash, salt, text.data(), static_cast<int>(text.size()),
                          1, into.key.data(), into.iv.data()) == static_cast<int>(into.key.size());
}

// Runs the cipher over input, appending to output; false when the last block is not as padding
// wants it.
bool run(bool encrypting, const KeyMaterial& material, ByteView input, Bytes& output) {
    const CipherContext context(EVP_CIPHER_CTX_new());
    if (!context ||
        EVP_CipherInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, material.key.data(),
                          material.iv.data(), encrypting ? 1 : 0) != 1)
        return false;
    const std::size_t start = output.size();
    output.resize(start + input.size() + block_size);
    int written = 0;
    int last = 0;
    if (EVP_CipherUpdate(context.get(), output.data() + start, &written, input.data(),
                         static_cast<int>(input.size())) != 1 ||
        EVP_CipherFinal_ex(context.get(), output.data() + start + written, &last) != 1)
        return false;
    output.resize(start + static_cast<std::size_t>(written) + static_cast<std::size_t>(last));
    return true;
}

} // namespace

Result<Salt> random_salt() {
    Salt salt{};
    if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1)
        return fail(ErrorKind::io, "the system's random generator failed");
    return salt;
}

Result<Bytes> encrypt_container(ByteView plain, const Secret& password, KeyDigest digest,
                                const std::optional<Salt>& salt) {
    if (plain.size() > container_size_max)
        return fail("encrypted file: want at most " + std::to_string(container_size_max) +
                    " bytes, got " + std::to_string(plain.size()));
    KeyMaterial material;
    Bytes container;
    if (salt) {
        const ByteView magic = as_bytes(header);
        container.assign(magic.begin(), magic.end());
        container.insert(container.end(), salt->begin(), salt->end());
    }
    if (!derive(password, digest, salt ? salt->data() : nullptr, material) ||
        !run(true, material, plain, container))
        return fail(ErrorKind::io,
                    "OpenSSL could not encrypt (is the cipher switched off on this system?)");
    return container;
}

Result<Bytes> decrypt_container(ByteView container, const Secret& password, KeyDigest digest) {
    if (container.size() > container_size_max + 2 * block_size)
        return fail("encrypted file: want at most " + std::to_string(container_size_max) +
                    " bytes and padding, got " + std::to_string(container.size()));
    const std::uint8_t* salt = nullptr;
    if (as_text(container).starts_with(header) &&
        container.size() >= header.size() + sizeof(Salt)) {
        salt = container.data() + header.size();
        container = container.subspan(header.size() + sizeof(Salt));
    }
    if (container.empty() || container.size() % block_size != 0)
        return fail("encrypted file: want whole blocks of 16 bytes, got " +
                    std::to_string(container.size()));
    KeyMaterial material;
    Bytes plain;
    if (!derive(password, digest, salt, material) || !run(false, material, container, plain)) {
        OPENSSL_cleanse(plain.data(), plain.size()); // a wrong padding may be all that is wrong
        return fail("encrypted file: the password or the digest is not the one it was made with");
    }
    return plain;
}

Done check_xml_password(const Secret& password) {
    const std::string_view text = password.reveal();
    const bool plain =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= 33 && c <= 126; });
    if (text.empty() || text.size() > password_size_max || !plain)
        return fail("XML password: want 1 to 40 characters of ASCII 33 to 126 (no blanks)");
    return {};
}

Result<Secret> generate_xml_password() {
    static constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    static constexpr std::size_t size = 24;
    std::string password;
    password.reserve(size); // no copy stays behind in a smaller buffer
    while (password.size() < size) {
        std::uint8_t byte = 0;
        if (RAND_bytes(&byte, 1) != 1)
            return fail(ErrorKind::io, "the system's random generator failed");
        if (byte < 256 / alphabet.size() * alphabet.size()) // no letter likelier than another
            password += alphabet[byte % alphabet.size()];
    }
    return Secret(std::move(password));
}

} // namespace plugtone
