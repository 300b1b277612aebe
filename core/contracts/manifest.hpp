// The manifest of a generation: every file's SHA-256, who may read it and whose it is. Text, one
// file a line:
//   plugtone-manifest 2
//   <sha256, 64 lower-case hex digits> <open|lease|certificate> <mac or -> <class or ->
//   <credentials or -> <path below the generation>
// Version 1, which had neither class nor credentials, is read, too: a file server may be newer than
// the generation that it finds.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/classes/device_class.hpp"
#include "core/contracts/http_credentials.hpp"

namespace plugtone {

struct ManifestEntry {
    std::string sha256;
    AccessRule access = AccessRule::lease;
    std::optional<Mac> owner = {};            // nothing: a public file
    std::string device_class = {};            // the owner's; empty: not known
    std::optional<HttpCredentials> http = {}; // what must be shown over HTTP

    bool operator==(const ManifestEntry&) const = default;
};

using Manifest = std::map<std::string, ManifestEntry>; // by path

inline constexpr std::size_t manifest_size_max = std::size_t{256} << 20U;

// Paths must be as normalise_request_name leaves them (no line feed above all): what we name
// ourselves is.
std::string encode_manifest(const Manifest& manifest);
// Refused whole, with the line.
Result<Manifest> decode_manifest(ByteView bytes);

} // namespace plugtone
