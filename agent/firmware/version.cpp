#include "agent/firmware/version.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::size_t numbers_max = 8;
constexpr std::size_t digits_max = 9;

} // namespace

Result<FirmwareVersion> FirmwareVersion::parse(std::string_view text) {
    FirmwareVersion version;
    for (std::string_view rest = text;;) {
        const std::size_t dot = std::min(rest.find('.'), rest.size());
        const std::string_view digits = rest.substr(0, dot);
        const auto number =
            digits.size() > digits_max ? std::nullopt : parse_number<std::uint32_t>(digits);
        if (!number || version.numbers_.size() == numbers_max)
            return fail("version: want numbers with dots between, such as 1.0.11.35, got '" +
                        printable(text) + "'");
        version.numbers_.push_back(*number);
        if (dot == rest.size())
            return version;
        rest.remove_prefix(dot + 1);
    }
}

std::string FirmwareVersion::text() const {
    std::string text;
    for (const std::uint32_t number : numbers_)
        text += (text.empty() ? "" : ".") + std::to_string(number);
    return text;
}

std::strong_ordering FirmwareVersion::operator<=>(const FirmwareVersion& other) const {
    const auto at = [](const std::vector<std::uint32_t>& numbers, std::size_t place) {
        return place < numbers.size() ? numbers[place] : 0;
    };
    const std::size_t places = std::max(numbers_.size(), other.numbers_.size());
    for (std::size_t place = 0; place < places; ++place)
        if (const auto order = at(numbers_, place) <=> at(other.numbers_, place); order != 0)
            return order;
    return std::strong_ordering::equal;
}

std::optional<FirmwareVersion> reported_version(std::string_view text) {
    text = trim(text);
    if (text.starts_with('(')) {
        const std::size_t colon = std::min(text.find(':'), text.size() - 1);
        text.remove_prefix(colon + 1);
        text = text.substr(0, text.find_first_of("/)"));
    }
    const auto version = FirmwareVersion::parse(text);
    return version ? std::optional(*version) : std::nullopt;
}

} // namespace plugtone
