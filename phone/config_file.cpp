#include "phone/config_file.hpp"

#include "core/formats/gs_alias_xml.hpp"
#include "core/formats/gs_binary.hpp"
#include "core/formats/gs_xml.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {

namespace {

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

struct XmlContent {
    std::optional<Mac> mac;
    ParameterSet parameters; // none in a file with alias names
    std::string size;
};

// Of either version.
Result<XmlContent> xml_content(const std::string& name, ByteView bytes) {
    const auto version = gs_xml_version(name, bytes);
    if (!version)
        return tl::unexpected(version.error());
    if (*version == XmlVersion::aliases) {
        const auto document = parse_gs_alias_xml(name, bytes);
        if (!document)
            return tl::unexpected(document.error());
        return XmlContent{document->mac, {}, counted(document->items.size()) + " by alias"};
    }
    auto document = parse_gs_xml(name, bytes);
    if (!document)
        return tl::unexpected(document.error());
    const std::string size = counted(document->parameters.size());
    return XmlContent{document->mac, std::move(document->parameters), size};
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
    auto content = xml_content(name, bytes);
    if (!content)
        return tl::unexpected(content.error());
    if (content->mac && *content->mac != mac)
        return fail(foreign(name, *content->mac, mac));
    file.has_mac = content->mac.has_value();
    file.parameters = std::move(content->parameters);
    file.summary = file.encrypted ? "decrypted (" + std::string(digest_name(password.digest)) + ")"
                                  : "in clear";
    file.summary += ", " + content->size;
    file.summary += file.has_mac ? ", mac is ours" : ", no mac in it";
    return file;
}

Result<ConfigFile> read_binary_config(const std::string& name, ByteView bytes, const Mac& mac) {
    ConfigFile file;
    if (is_encrypted_gs_binary(bytes)) {
        if (auto good = check_gs_binary_frame(bytes); !good)
            return fail_in(name, good.error());
        file.encrypted = true;
        file.summary = "binary file, encrypted by the vendor's generator, not read";
        return file;
    }
    auto binary = decode_gs_binary(bytes);
    if (!binary)
        return fail_in(name, binary.error());
    if (binary->mac != mac)
        return fail(foreign(name, binary->mac, mac));
    file.has_mac = true;
    file.parameters = std::move(binary->parameters);
    file.summary = "binary file, mac is ours, " + counted(file.parameters.size());
    return file;
}

} // namespace plugtone
