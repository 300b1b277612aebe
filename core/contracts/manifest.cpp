#include "core/contracts/manifest.hpp"

#include <algorithm>
#include <cassert>

#include "core/base/text.hpp"
#include "core/names/request_name.hpp"

namespace plugtone {

namespace {

constexpr std::string_view first_line = "plugtone-manifest 1";
constexpr std::size_t sha256_size = 64;

std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return taken;
}

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

Result<std::pair<std::string, ManifestEntry>> decode_line(std::string_view line) {
    ManifestEntry entry;
    entry.sha256 = take_until(line, ' ');
    const std::string_view access = take_until(line, ' ');
    const std::string_view owner = take_until(line, ' ');
    const auto rule = access_rule_named(access);
    if (!is_sha256(entry.sha256) || !rule || line.empty())
        return fail("want '<sha256> <access> <mac or -> <path>'");
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
                (entry.owner ? entry.owner->text() : "-") + " " + path + "\n";
    }
    return text;
}

Result<Manifest> decode_manifest(ByteView bytes) {
    std::string_view rest = as_text(bytes);
    if (take_until(rest, '\n') != first_line)
        return fail("manifest: want the first line '" + std::string(first_line) + "'");
    if (!rest.empty() && !rest.ends_with('\n'))
        return fail("manifest: the last line is cut off");
    Manifest manifest;
    for (std::size_t number = 2; !rest.empty(); ++number) {
        auto line = decode_line(take_until(rest, '\n'));
        if (!line)
            return fail_in("manifest: line " + std::to_string(number), line.error());
        if (!manifest.insert(std::move(*line)).second)
            return fail("manifest: line " + std::to_string(number) + ": the path stands twice");
    }
    return manifest;
}

} // namespace plugtone
