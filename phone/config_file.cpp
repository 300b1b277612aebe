#include "phone/config_file.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/formats/gs_xml.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {

namespace {

constexpr std::size_t binary_header_size = 16;
constexpr std::array<std::uint8_t, 4> binary_mark = {0x0D, 0x0A, 0x0D, 0x0A};
// In place of the MAC, in files that the vendor's generator encrypted.
constexpr std::array<std::uint8_t, 2> encrypted_mark = {0xFF, 0x01};

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool looks_like_xml(ByteView bytes) {
    std::string_view text = as_text(bytes);
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    return trim(text).starts_with('<');
}

std::string_view digest_name(KeyDigest digest) {
    return digest == KeyDigest::md5 ? "md5" : "sha256";
}

Result<Bytes> decrypted(const std::string& name, ByteView bytes, const FilePassword& password) {
    if (!password.password)
        return fail(name + ": is no XML, so it is encrypted or damaged; give its password with "
                           "--password-file");
    auto plain = decrypt_container(bytes, *password.password, password.digest);
    if (!plain)
        return fail_in(name, plain.error());
    // A wrong password passes the padding once in 256 times.
    if (!looks_like_xml(*plain))
        return fail(name + ": decrypts to no XML: the password or the digest (" +
                    std::string(digest_name(password.digest)) +
                    ") is not the one it was made with");
    return plain;
}

std::string counted(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " parameter" : " parameters");
}

std::uint16_t sum16(ByteView bytes) {
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2)
        sum += static_cast<std::uint32_t>(bytes[at] << 8U | bytes[at + 1]);
    return static_cast<std::uint16_t>(sum & 0xFFFFU);
}

Done check_binary_frame(const std::string& name, ByteView bytes) {
    if (bytes.size() < binary_header_size || bytes.size() % 2 != 0)
        return fail(name + ": binary file: want a header of 16 bytes and whole 16-bit words, got " +
                    std::to_string(bytes.size()) + " bytes");
    if (!std::equal(binary_mark.begin(), binary_mark.end(), bytes.begin() + 12))
        return fail(name + ": binary file: want 0d0a0d0a at offset 12, got " +
                    to_hex(bytes.subspan(12, 4)));
    const std::uint32_t words = static_cast<std::uint32_t>(bytes[0]) << 24U |
                                static_cast<std::uint32_t>(bytes[1]) << 16U |
                                static_cast<std::uint32_t>(bytes[2]) << 8U | bytes[3];
    if (words != bytes.size() / 2)
        return fail(name + ": binary file: its header says " + std::to_string(words) +
                    " words, but " + std::to_string(bytes.size() / 2) + " came");
    if (const std::uint16_t sum = sum16(bytes); sum != 0)
        return fail(name + ": binary file: wrong checksum (the words add up to " +
                    std::to_string(sum) + ", want 0)");
    return {};
}

std::string foreign(const std::string& name, const Mac& theirs, const Mac& ours) {
    return name + ": is for " + theirs.text() + ", this phone is " + ours.text();
}

} // namespace

Result<ConfigFile> read_xml_config(const std::string& name, ByteView bytes, const Mac& mac,
                                   const FilePassword& password) {
    if (bytes.empty())
        return fail(name + ": is empty");
    ConfigFile file;
    Bytes plain;
    file.encrypted = !looks_like_xml(bytes);
    if (file.encrypted) {
        auto opened = decrypted(name, bytes, password);
        if (!opened)
            return tl::unexpected(opened.error());
        plain = std::move(*opened);
        bytes = plain;
    }
    auto document = parse_gs_xml(name, bytes);
    if (!document)
        return tl::unexpected(document.error());
    if (document->mac && *document->mac != mac)
        return fail(foreign(name, *document->mac, mac));
    file.has_mac = document->mac.has_value();
    file.parameters = std::move(document->parameters);
    file.summary = file.encrypted ? "decrypted (" + std::string(digest_name(password.digest)) + ")"
                                  : "in clear";
    file.summary += ", " + counted(file.parameters.size());
    file.summary += file.has_mac ? ", mac is ours" : ", no mac in it";
    return file;
}

Result<ConfigFile> read_binary_config(const std::string& name, ByteView bytes, const Mac& mac) {
    if (auto good = check_binary_frame(name, bytes); !good)
        return tl::unexpected(good.error());
    ConfigFile file;
    const ByteView owner = bytes.subspan(6, 6);
    file.encrypted = std::equal(encrypted_mark.begin(), encrypted_mark.end(), owner.begin());
    if (file.encrypted) {
        file.summary = "binary file, encrypted by the vendor's generator, not read";
        return file;
    }
    const auto theirs = Mac::from_bytes(owner);
    if (!theirs)
        return tl::unexpected(theirs.error());
    if (*theirs != mac)
        return fail(foreign(name, *theirs, mac));
    file.has_mac = true;
    file.summary = "binary file, mac is ours, parameters not read";
    return file;
}

} // namespace plugtone
