#include "tftpd/http_range.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/base/text.hpp"

namespace plugtone::tftpd {

namespace {

constexpr std::string_view unit = "bytes=";

// The largest number there is for one that is larger; nothing for what is no number.
std::optional<std::uint64_t> number(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    return parse_number<std::uint64_t>(text).value_or(std::numeric_limits<std::uint64_t>::max());
}

FilePart last_bytes(std::uint64_t count, std::uint64_t file_size) {
    if (count == 0 || file_size == 0)
        return {FilePart::Kind::unsatisfiable, 0, 0};
    const std::uint64_t size = std::min(count, file_size);
    return {FilePart::Kind::part, file_size - size, size};
}

} // namespace

FilePart part_of(std::string_view range, std::string_view if_range, std::uint64_t file_size,
                 std::string_view entity_tag, std::string_view last_modified) {
    const FilePart whole{FilePart::Kind::whole, 0, file_size};
    // Strong comparison: a weak tag is never ours.
    if (!if_range.empty() && if_range != entity_tag && if_range != last_modified)
        return whole;
    if (lower(range.substr(0, unit.size())) != unit)
        return whole;
    const std::string_view text = trim(range.substr(unit.size()));
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos)
        return whole;
    const std::string_view first_text = trim(text.substr(0, dash));
    const std::string_view last_text = trim(text.substr(dash + 1));
    const auto first = number(first_text);
    const auto last = number(last_text);
    if (first_text.empty())
        return last ? last_bytes(*last, file_size) : whole;
    if (!first || (!last && !last_text.empty()) || (last && *last < *first))
        return whole;
    if (*first >= file_size)
        return {FilePart::Kind::unsatisfiable, 0, 0};
    const std::uint64_t end = last ? std::min(*last, file_size - 1) : file_size - 1;
    return {FilePart::Kind::part, *first, end - *first + 1};
}

} // namespace plugtone::tftpd
