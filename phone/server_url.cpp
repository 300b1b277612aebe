#include "phone/server_url.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::array<std::string_view, 3> schemes = {"tftp", "http", "https"};
constexpr std::string_view host_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
// RFC 3986: unreserved, sub-delims, ':' and '@', and '%' of what is encoded already.
constexpr std::string_view path_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@%/";

std::string_view without_end(std::string_view text) {
    const std::size_t last = text.find_last_not_of(std::string_view("\0 \t\r\n", 5));
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

bool has_scheme(std::string_view text) {
    return std::any_of(schemes.begin(), schemes.end(), [text](std::string_view scheme) {
        return lower(text.substr(0, scheme.size() + 3)) == std::string(scheme) + "://";
    });
}

// Splits "host[:port]".
Done read_authority(std::string_view text, ServerUrl& url) {
    const std::size_t colon = text.find(':');
    url.host = text.substr(0, colon);
    if (url.host.empty() || url.host.find_first_not_of(host_characters) != std::string::npos)
        return fail("want a host name or an IPv4 address, got '" + printable(url.host) + "'");
    if (colon == std::string_view::npos)
        return {};
    const std::string_view port = text.substr(colon + 1);
    if (parse_number<std::uint16_t>(port).value_or(0) == 0)
        return fail("want a port of 1 to 65535, got '" + printable(port) + "'");
    url.port = port;
    return {};
}

std::string encoded(std::string_view name) {
    std::string text;
    for (const char character : name) {
        if (character != '%' && path_characters.find(character) != std::string_view::npos)
            text += character;
        else
            text += '%' + to_hex(as_bytes(std::string_view(&character, 1)));
    }
    return text;
}

// Option 43 as code, length, value; code 0 is padding, 255 the end.
Result<ServerUrl> server_of_sub_options(ByteView bytes) {
    for (std::size_t at = 0; at < bytes.size() && bytes[at] != 255;) {
        const std::uint8_t code = bytes[at++];
        if (code == 0)
            continue;
        if (at == bytes.size() || bytes.size() - at - 1 < bytes[at])
            return fail("option 43: sub-option " + std::to_string(code) +
                        " runs past the option's end");
        const ByteView value = bytes.subspan(at + 1, bytes[at]);
        at += 1 + value.size();
        if (!has_scheme(as_text(value)))
            continue; // another of the vendor's settings
        auto url = parse_server(as_text(value));
        const std::string where = "option 43, sub-option " + std::to_string(code);
        if (!url)
            return fail_in(where, url.error());
        url->source = where;
        return url;
    }
    return fail(ErrorKind::not_found,
                "option 43 holds no sub-option with a tftp, http or https URL");
}

Result<ServerUrl> server_of_option(std::uint8_t code, ByteView value) {
    const std::string where = "option " + std::to_string(code);
    auto url = parse_server(as_text(value));
    if (!url)
        return fail_in(where, url.error());
    url->source = where;
    return url;
}

} // namespace

std::string ServerUrl::text() const {
    return scheme + "://" + host + (port.empty() ? "" : ":" + port) + path;
}

std::string ServerUrl::effective_port() const {
    if (!port.empty())
        return port;
    return scheme == "tftp" ? "69" : scheme == "http" ? "80" : "443";
}

std::string ServerUrl::file(std::string_view name) const {
    return text() + "/" + encoded(name);
}

Result<ServerUrl> parse_server(std::string_view text) {
    const std::string_view whole = without_end(text);
    ServerUrl url{.scheme = "tftp", .host = {}, .port = {}, .path = {}, .source = {}};
    std::string_view rest = whole;
    if (const std::size_t mark = whole.find("://"); mark != std::string_view::npos) {
        url.scheme = lower(whole.substr(0, mark));
        if (std::find(schemes.begin(), schemes.end(), url.scheme) == schemes.end())
            return fail("want tftp, http or https, got '" + printable(url.scheme) + "'");
        rest = whole.substr(mark + 3);
    }
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    if (auto good = read_authority(rest.substr(0, slash), url); !good)
        return fail("'" + printable(whole) + "': " + good.error().message);
    url.path = rest.substr(slash);
    if (const std::size_t bad = url.path.find_first_not_of(path_characters);
        bad != std::string::npos)
        return fail("'" + printable(whole) + "': the path holds '" +
                    printable(std::string_view(url.path).substr(bad, 1)) + "'");
    url.path.erase(url.path.find_last_not_of('/') + 1);
    return url;
}

Result<ServerUrl> choose_server(const DhcpMessage& ack) {
    const Bytes* name = ack.option(dhcp_option::tftp_server);
    if (name && !without_end(as_text(*name)).empty())
        return server_of_option(dhcp_option::tftp_server, *name);
    const Bytes* vendor = ack.option(dhcp_option::vendor_specific);
    if (!vendor)
        return fail(ErrorKind::not_found,
                    "the lease names no server: neither option 66 nor 43 came");
    if (has_scheme(as_text(*vendor)))
        return server_of_option(dhcp_option::vendor_specific, *vendor);
    return server_of_sub_options(*vendor);
}

} // namespace plugtone
