#include "core/base/network.hpp"

#include <optional>
#include <string_view>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr unsigned bits_max = 32;

std::uint32_t mask_of(unsigned bits) {
    return bits == 0 ? 0 : ~std::uint32_t{0} << (bits_max - bits);
}

} // namespace

Result<Network> Network::parse(const std::string& text) {
    const std::size_t slash = text.find('/');
    const auto address = Ipv4::parse(std::string_view(text).substr(0, slash));
    const auto bits = slash == std::string::npos
                          ? std::optional(bits_max)
                          : parse_number<unsigned>(std::string_view(text).substr(slash + 1));
    if (!address || !bits || *bits > bits_max)
        return fail("network: want ADDRESS/BITS as in 192.0.2.0/24, got '" + printable(text) + "'");
    if ((address->number & ~mask_of(*bits)) != 0)
        return fail("network: '" + text + "' has address bits after its prefix: want " +
                    Ipv4{address->number & mask_of(*bits)}.text() + "/" + std::to_string(*bits));
    return Network{*address, *bits};
}

bool Network::holds(const Ipv4& candidate) const {
    return (candidate.number & mask_of(bits)) == address.number;
}

} // namespace plugtone
