#include "tftpd/http_reply.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/base/text.hpp"

namespace plugtone::tftpd {

std::string http_date(std::time_t time) {
    static constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 64> text{};
    // Not strftime, whose names depend on the locale.
    const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   days.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                                   months.at(static_cast<std::size_t>(parts.tm_mon)),
                                   parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string entity_tag(const OpenFile& file, std::string_view sha256) {
    static constexpr std::size_t hash_size = 32; // hex digits: 128 bits
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "%llx-%llx.%lx",
                                   static_cast<unsigned long long>(file.size),
                                   static_cast<unsigned long long>(file.modified.tv_sec),
                                   static_cast<unsigned long>(file.modified.tv_nsec));
    const std::string_view file_part(text.data(), static_cast<std::size_t>(size));
    const std::string hash_part =
        sha256.empty() ? "" : std::string(sha256.substr(0, hash_size)) + "-";
    return '"' + hash_part + std::string(file_part) + '"';
}

std::string_view error_text(unsigned status) {
    switch (status) {
    case 404:
        return "not found\n";
    case 405:
        return "only GET and HEAD\n";
    case 413:
        return "no request body is taken\n";
    case 431:
        return "request header too large\n";
    case 503:
        return "try again later\n";
    default:
        return "bad request\n";
    }
}

bool is_unchanged(std::string_view if_none_match, std::string_view if_modified_since,
                  std::string_view entity_tag, std::string_view last_modified) {
    if (if_none_match.empty())
        return !if_modified_since.empty() && if_modified_since == last_modified;
    if (trim(if_none_match) == "*")
        return true;
    // Our tags hold no comma, so that a list can be cut at them; weak comparison (section 8.8.3.2).
    while (!if_none_match.empty()) {
        const std::size_t end = std::min(if_none_match.find(','), if_none_match.size());
        std::string_view tag = trim(if_none_match.substr(0, end));
        if (tag.starts_with("W/"))
            tag.remove_prefix(2);
        if (tag == entity_tag)
            return true;
        if_none_match.remove_prefix(std::min(end + 1, if_none_match.size()));
    }
    return false;
}

} // namespace plugtone::tftpd
