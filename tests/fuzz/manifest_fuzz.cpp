// Manifests: what is read is written back and read as the same; every path stays below the
// generation.
#include "core/contracts/manifest.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto manifest = decode_manifest({data, size});
    if (!manifest)
        return 0;
    const auto again = decode_manifest(as_bytes(encode_manifest(*manifest)));
    require(again && *again == *manifest, "a manifest comes back as it was");
    for (const auto& [path, entry] : *manifest)
        require(("/" + path + "/").find("/../") == std::string::npos && !path.starts_with('/'),
                "a path stays below the generation");
    return 0;
}
