#include "core/contracts/manifest.hpp"

#include <algorithm>
#include <cassert>

#include "core/base/take_until.hpp"
#include "core/base/text.hpp"
#include "core/names/request_name.hpp"

namespace plugtone {

namespace {

constexpr std::string_view first_line = "plugtone-manifest 2";
constexpr std::string_view first_line_of_1 = "plugtone-manifest 1";
constexpr std::size_t sha256_size = 64;

bool is_sha256(std::string_view text) {
    return text.size() == sha256_size && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

// No '..', no control character, written in one way.
bool is_path_below(std::string_view path) {
    const auto normal = normalise_request_name(path);
    return normal && *normal == path;
}

bool is_class_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

// What version 2 has more.
bool decode_class(std::string_view& line, ManifestEntry& entry) {
    const std::string_view device_class = take_until(line, ' ');
    const std::string_view credentials = take_until(line, ' ');
    if (!is_class_name(device_class))
        return false;
    if (device_class != "-")
        entry.device_class = device_class;
    if (credentials != "-")
        entry.http = decode_credentials(credentials);
    return credentials == "-" || entry.http.has_value();
}

Result<std::pair<std::string, ManifestEntry>> decode_line(std::string_view line, bool has_class) {
    ManifestEntry entry;
    entry.sha256 = take_until(line, ' ');
    const std::string_view access = take_until(line, ' ');
    const std::string_view owner = take_until(line, ' ');
    const auto rule = access_rule_named(access);
    const bool good = !has_class || decode_class(line, entry);
    if (!is_sha256(entry.sha256) || !rule || !good || line.empty())
        return fail(has_class ? "want '<sha256> <access> <mac or -> <class or -> <credentials or "
                                "-> <path>'"
                              : "want '<sha256> <access> <mac or -> <path>'");
    if (!is_path_below(line))
        return fail("want a path below the generation, got '" + printable(line) + "'");
    entry.access = *rule;
    if (owner != "-") {
        const auto mac = Mac::parse(owner);
        if (!mac)
            return tl::unexpected(mac.error());
        entry.owner = *mac;
    }
    return std::pair{std::string(line), entry};
}

} // namespace

std::string encode_manifest(const Manifest& manifest) {
    std::string text = std::string(first_line) + "\n";
    for (const auto& [path, entry] : manifest) {
        assert(is_path_below(path) && is_sha256(entry.sha256));
        text += entry.sha256 + " " + std::string(access_rule_name(entry.access)) + " " +
                (entry.owner ? entry.owner->text() : "-") + " " +
                (entry.device_class.empty() ? "-" : entry.device_class) + " " +
                (entry.http ? encode_credentials(*entry.http) : "-") + " " + path + "\n";
    }
    return text;
}

Result<Manifest> decode_manifest(ByteView bytes) {
    std::string_view rest = as_text(bytes);
    const std::string_view version = take_until(rest, '\n');
    if (version != first_line && version != first_line_of_1)
        return fail("manifest: want the first line '" + std::string(first_line) + "'");
    if (!rest.empty() && !rest.ends_with('\n'))
        return fail("manifest: the last line is cut off");
    Manifest manifest;
    for (std::size_t number = 2; !rest.empty(); ++number) {
        auto line = decode_line(take_until(rest, '\n'), version == first_line);
        if (!line)
            return fail_in("manifest: line " + std::to_string(number), line.error());
        if (!manifest.insert(std::move(*line)).second)
            return fail("manifest: line " + std::to_string(number) + ": the path stands twice");
    }
    return manifest;
}

} // namespace plugtone
