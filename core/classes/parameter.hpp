// P-values: the settings of a device, numbered as the vendor's templates number them (the guide,
// "Configuration Parameters"). "P270" is a name, a set of them in numeric order is a configuration.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace plugtone {

class ParameterName {
public:
    // P and 1 to 5 digits without a leading zero, then at most one letter (P27A); "p270" is taken
    // as P270.
    static Result<ParameterName> parse(std::string_view text);
    // For numbers that stand in the code; number: 1 to 99999.
    static constexpr ParameterName numbered(std::uint32_t number) {
        ParameterName name;
        name.number_ = number;
        return name;
    }

    std::string text() const;
    auto operator<=>(const ParameterName&) const = default;

private:
    std::uint32_t number_ = 0;
    char letter_ = '\0';
};

// Ordered, so that whatever is rendered from it is the same to the byte each time.
using ParameterSet = std::map<ParameterName, std::string>;

struct Assignment {
    ParameterName name;
    std::string value;
};

// Longest value, bytes; far above what any device reads, so that a mistaken file is not taken for a
// value.
inline constexpr std::size_t parameter_value_size_max = 8192;

// Refuses bytes that XML 1.0 cannot carry, naming parameter and position, and what is too long.
Done check_parameter_value(const ParameterName& name, std::string_view value);

// "P47=sip.example.net", as the command line takes it; the value is everything after the first '='.
Result<Assignment> parse_assignment(std::string_view text);

// The more specific set wins.
void overlay(ParameterSet& onto, const ParameterSet& more_specific);

} // namespace plugtone
