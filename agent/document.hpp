// A file to publish: what it says, under which names, and how it is sealed.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/secret.hpp"
#include "core/classes/device_class.hpp"
#include "core/contracts/http_credentials.hpp"
#include "core/contracts/offer_overrides.hpp"
#include "core/formats/gs_alias_xml.hpp"
#include "core/formats/gs_binary.hpp"
#include "core/formats/gs_xml.hpp"

namespace plugtone {

// A binary file as the vendor's own generator made it, plain or encrypted; we only pass it on.
struct VendorFile {
    Bytes bytes;
};

// The values that a template has, and nothing around them.
struct TextTemplate {
    ParameterSet parameters;
};

struct BinaryFile {
    GsBinary content;
    std::string gnkey;
};

// OfferOverrides are for the Kea hook, all else is for phones.
using DocumentContent =
    std::variant<GsDocument, GsAliasDocument, BinaryFile, TextTemplate, VendorFile, OfferOverrides>;

struct InClear {};

// As openssl_container.hpp does it.
struct InContainer {
    Secret password;
    KeyDigest digest = KeyDigest::md5;
    bool salted = true;
};

// By the class's legacy-encoder (legacy_encoder.hpp).
struct ByEncoder {
    std::string class_name;
    Mac mac;
};

struct Document {
    std::vector<std::string>
        paths; // below the generation, shelf and basic name: the same bytes under each
    DocumentContent content;
    Bytes plain; // the content, rendered
    std::variant<InClear, InContainer, ByEncoder> sealing;
    AccessRule access = AccessRule::open;
    std::optional<Mac> owner;
    std::string device_class; // the owner's
    std::optional<HttpCredentials> http;
};

// The same content gives the same bytes. Refuses what the form cannot carry.
Result<Bytes> render(const DocumentContent& content);
// That a reader of the form takes exactly this content from the bytes.
Done check_rendered(const std::string& name, const DocumentContent& content, ByteView plain);

} // namespace plugtone
