#include "core/base/ipv4.hpp"

#include "core/base/text.hpp"

namespace plugtone {

std::optional<Ipv4> Ipv4::parse(std::string_view text) {
    Ipv4 address;
    for (int octet = 0; octet < 4; ++octet) {
        const std::size_t dot = octet < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos)
            return std::nullopt;
        const std::string_view digits = text.substr(0, dot);
        const auto value = parse_number<std::uint8_t>(digits);
        if (!value || (digits.size() > 1 && digits.front() == '0'))
            return std::nullopt;
        address.number = (address.number << 8U) | *value;
        text.remove_prefix(octet < 3 ? dot + 1 : dot);
    }
    return address;
}

std::string Ipv4::text() const {
    std::string result;
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        result += std::to_string((number >> (shift - 8)) & 0xFFU);
        if (shift > 8)
            result += '.';
    }
    return result;
}

} // namespace plugtone
