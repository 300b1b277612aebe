#include "agent/sealer.hpp"

#include <algorithm>

#include "agent/legacy_encoder.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {

namespace {

// Each part with its length in front, so that no two documents give the same text.
void append_part(std::string& text, std::string_view part) {
    text += std::to_string(part.size()) + ":";
    text += part;
}

std::string sealing_text(const Document& document) {
    std::string text;
    if (const auto* container = std::get_if<InContainer>(&document.sealing)) {
        append_part(text, container->digest == KeyDigest::md5 ? "md5" : "sha256");
        append_part(text, container->salted ? "salted" : "plain");
        append_part(text, container->password.reveal());
    } else if (const auto* encoder = std::get_if<ByEncoder>(&document.sealing)) {
        append_part(text, "encoder");
        append_part(text, encoder->class_name);
        append_part(text, encoder->mac.text());
    } else {
        append_part(text, "clear");
    }
    return text;
}

Result<Bytes> seal_in(const InContainer& container, ByteView plain) {
    std::optional<Salt> salt;
    if (container.salted) {
        const auto fresh = random_salt();
        if (!fresh)
            return tl::unexpected(fresh.error());
        salt = *fresh;
    }
    return encrypt_container(plain, container.password, container.digest, salt);
}

Done check_container(const InContainer& container, const Document& document, ByteView sealed) {
    if (as_text(sealed).starts_with("Salted__") != container.salted)
        return fail(ErrorKind::io, document.paths.front() + ": its salt is not as it should be");
    const auto opened = decrypt_container(sealed, container.password, container.digest);
    if (!opened || *opened != document.plain)
        return fail(ErrorKind::io,
                    document.paths.front() + ": the file does not open to what was written");
    return {};
}

} // namespace

std::string Sealer::key_of(const Document& document) const {
    std::string text = sealing_text(document);
    append_part(text, as_text(document.plain));
    return box_.fingerprint(text);
}

Result<Bytes> Sealer::seal(const Document& document) const {
    if (const auto* container = std::get_if<InContainer>(&document.sealing))
        return seal_in(*container, document.plain);
    if (const auto* encoder = std::get_if<ByEncoder>(&document.sealing))
        return run_legacy_encoder(encoder_socket_, encoder->class_name, encoder->mac,
                                  as_text(document.plain));
    return document.plain;
}

Done Sealer::check(const Document& document, ByteView sealed) const {
    const std::string& name = document.paths.front();
    if (auto good = check_rendered(name, document.content, document.plain); !good)
        return good;
    if (const auto* container = std::get_if<InContainer>(&document.sealing))
        return check_container(*container, document, sealed);
    if (std::holds_alternative<ByEncoder>(document.sealing)) {
        const Done good = check_gs_binary_frame(sealed);
        return good ? good : fail_in(name, good.error());
    }
    if (!std::equal(sealed.begin(), sealed.end(), document.plain.begin(), document.plain.end()))
        return fail(ErrorKind::io, name + ": the file is not what was written");
    return {};
}

} // namespace plugtone
