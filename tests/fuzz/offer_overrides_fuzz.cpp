// Redirections and devices' URLs: what is read is written back and read as the same, and each
// range leads somewhere.
#include "core/contracts/offer_overrides.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto decoded = decode_overrides({data, size});
    if (!decoded)
        return 0;
    const auto again = decode_overrides(as_bytes(encode_overrides(*decoded)));
    require(again && *again == *decoded, "overrides come back as they were");
    const OverrideTable table(*decoded);
    for (const auto& [range, url] : decoded->redirects)
        require(table.redirect_of(range.first) != nullptr, "a range leads somewhere");
    return 0;
}
