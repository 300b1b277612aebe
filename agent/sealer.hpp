// From a rendered document to the bytes that are served, and back. Any thread; the legacy encoder's
// answer is waited for.
#pragma once

#include <string>

#include "agent/document.hpp"
#include "agent/secret_box.hpp"

namespace plugtone {

class Sealer {
public:
    // encoder_socket: where the legacy encoder listens (legacy_encoder.hpp).
    Sealer(SecretBox box, std::string encoder_socket)
        : box_(std::move(box)), encoder_socket_(std::move(encoder_socket)) {}

    // The same for the same document, whatever salt it gets: what has this key already need not be
    // sealed anew. Tells nothing about the document to who has not the master key. Hex digits.
    std::string key_of(const Document& document) const;
    // Of any text; another under another key.
    std::string fingerprint(std::string_view text) const { return box_.fingerprint(text); }

    Result<Bytes> seal(const Document& document) const;
    // That a phone will make of the sealed bytes what was composed.
    Done check(const Document& document, ByteView sealed) const;

private:
    SecretBox box_;
    std::string encoder_socket_;
};

} // namespace plugtone
