// Binary configuration files: what is read can be written, and reads as the same parameters.
#include "core/formats/gs_binary.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = decode_gs_binary({data, size});
    if (!file)
        return 0;
    // Escaping may make it longer than what was read, and then longer than a file may be.
    const auto bytes = encode_gs_binary(*file);
    if (!bytes) {
        require(size * 3 > gs_binary_size_max, "only what is too long cannot be written");
        return 0;
    }
    const auto again = decode_gs_binary(*bytes);
    require(again && *again == *file, "and reads as the same parameters");
    return 0;
}
