// links: kea_hook_logic
// Kea's lease file: whatever stands there, an address has one holder at most.
#include <set>
#include <sstream>

#include "kea-hook/lease_file.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::istringstream file(std::string(as_text({data, size})));
    LeaseRows rows;
    if (!rows.read(file))
        return 0;
    std::set<Ipv4> seen;
    for (const Binding& binding : rows.bindings(1000))
        require(seen.insert(binding.address).second && binding.expires > 1000,
                "one live lease for an address");
    return 0;
}
