// An IPv4 address in host byte order, as a value.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plugtone {

struct Ipv4 {
    std::uint32_t number = 0;

    // Dotted decimal, exactly four numbers without leading zeros; nothing otherwise.
    static std::optional<Ipv4> parse(std::string_view text);
    std::string text() const;

    auto operator<=>(const Ipv4&) const = default;
};

} // namespace plugtone
