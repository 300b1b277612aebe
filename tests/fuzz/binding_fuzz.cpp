// Bindings: what is read is written back as the same bytes but for the MAC's form.
#include "core/contracts/bindings.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Ipv4 address{0x0A000001};
    const auto binding = decode_binding(address, {data, size});
    if (!binding)
        return 0;
    const auto again = decode_binding(address, as_bytes(encode_binding(*binding)));
    require(again && *again == *binding, "a binding comes back as it was");
    require(!binding->holds_at(binding->expires), "and ends when it says");
    return 0;
}
