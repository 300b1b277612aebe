#include "core/contracts/bindings.hpp"

#include <cerrno>

#include <unistd.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/contracts/durable.hpp"

namespace plugtone {

namespace {

constexpr std::size_t binding_size_max = 256;
constexpr mode_t binding_mode = 0644;

std::string path_of(const std::string& folder, const Ipv4& address) {
    return folder + "/" + address.text();
}

} // namespace

std::string encode_binding(const Binding& binding) {
    return "MAC=" + binding.mac.text() + "\nEXPIRES=" + std::to_string(binding.expires) + "\n";
}

Result<Binding> decode_binding(const Ipv4& address, ByteView bytes) {
    const auto lines = words(as_text(bytes));
    if (lines.size() != 2 || !lines[0].starts_with("MAC=") || !lines[1].starts_with("EXPIRES="))
        return fail("binding " + address.text() + ": want the lines MAC=… and EXPIRES=…");
    const auto mac = Mac::parse(lines[0].substr(4));
    const auto expires = parse_number<std::int64_t>(lines[1].substr(8));
    if (!mac || !expires)
        return fail("binding " + address.text() + ": MAC or EXPIRES is not readable");
    return Binding{address, *mac, *expires};
}

Done write_binding(const std::string& folder, const Binding& binding) {
    return write_file(path_of(folder, binding.address), as_bytes(encode_binding(binding)),
                      binding_mode, Durability::atomic);
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
