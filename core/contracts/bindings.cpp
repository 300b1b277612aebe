#include "core/contracts/bindings.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fd.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::size_t binding_size_max = 256;
constexpr mode_t binding_mode = 0644;
constexpr const char* beside_name = "/.new";

std::string path_of(const std::string& folder, const Ipv4& address) {
    return folder + "/" + address.text();
}

// The value of the first line, which must begin with key; the line is taken off.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view key) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(key))
        return std::nullopt;
    const std::string_view value = text.substr(key.size(), end - key.size());
    text.remove_prefix(end + 1);
    return value;
}

} // namespace

std::string encode_binding(const Binding& binding) {
    return "MAC=" + binding.mac.text() + "\nEXPIRES=" + std::to_string(binding.expires) + "\n";
}

Result<Binding> decode_binding(const Ipv4& address, ByteView bytes) {
    const std::string where = "binding " + address.text();
    std::string_view rest = as_text(bytes);
    const auto mac_text = take_line(rest, "MAC=");
    const auto expires_text = take_line(rest, "EXPIRES=");
    if (!mac_text || !expires_text || !rest.empty())
        return fail(where + ": want the lines MAC=… and EXPIRES=…");
    const auto mac = Mac::parse(*mac_text);
    if (!mac)
        return fail_in(where, mac.error());
    const auto expires = parse_number<std::int64_t>(*expires_text);
    if (!expires || *expires < 0)
        return fail(where + ": EXPIRES: want seconds since 1970, got '" + printable(*expires_text) +
                    "'");
    return Binding{address, *mac, *expires};
}

// Not write_file(): a name of its own for each file beside costs twice the time, and a lease is
// written for every client that boots.
Done write_binding(const std::string& folder, const Binding& binding) {
    const std::string beside = folder + beside_name;
    const Fd file(::open(beside.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                         binding_mode));
    if (!file)
        return fail_errno("cannot create a file beside " + path_of(folder, binding.address));
    const std::string text = encode_binding(binding);
    if (::fchmod(file.get(), binding_mode) != 0 || // whatever the umask is
        ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return fail_errno("cannot write " + beside);
    const std::string path = path_of(folder, binding.address);
    if (::rename(beside.c_str(), path.c_str()) != 0)
        return fail_errno("cannot rename to " + path);
    return {};
}

Done remove_binding(const std::string& folder, const Ipv4& address) {
    if (::unlink(path_of(folder, address).c_str()) != 0 && errno != ENOENT)
        return fail_errno("cannot remove " + path_of(folder, address));
    return {};
}

Result<std::optional<Binding>> read_binding(const std::string& folder, const Ipv4& address) {
    const auto bytes = read_file(path_of(folder, address), binding_size_max);
    if (!bytes && bytes.error().kind == ErrorKind::not_found)
        return std::nullopt;
    if (!bytes)
        return tl::unexpected(bytes.error());
    const auto binding = decode_binding(address, *bytes);
    if (!binding)
        return tl::unexpected(binding.error());
    return std::optional(*binding);
}

} // namespace plugtone
