// A firmware's version, "1.0.11.35", as operators write it and phones report it. A plain value.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace plugtone {

class FirmwareVersion {
public:
    // Numbers with dots between, as many as eight. "001.001.003.014" is 1.1.3.14 (facts, section
    // 8).
    static Result<FirmwareVersion> parse(std::string_view text);

    std::string text() const;
    // Number by number; what is not there counts as 0.
    std::strong_ordering operator<=>(const FirmwareVersion& other) const;
    bool operator==(const FirmwareVersion& other) const { return *this <=> other == 0; }

private:
    std::vector<std::uint32_t> numbers_;
};

// What a device says of itself in its requests: the version alone, or the list of its images with
// theirs, "(bt200e.bin:1.1.6.46/boot55e.bin:1.1.6.6)", of which the first counts (facts, section
// 5.1). Nothing if it says none.
std::optional<FirmwareVersion> reported_version(std::string_view text);

} // namespace plugtone
