#include "phone/dhcp_message.hpp"

#include <algorithm>
#include <array>

namespace plugtone {

namespace {

constexpr std::size_t server_name_at = 44;
constexpr std::size_t server_name_size = 64;
constexpr std::size_t boot_file_at = 108;
constexpr std::size_t boot_file_size = 128;
constexpr std::size_t cookie_at = 236;
constexpr std::array<std::uint8_t, 4> cookie = {99, 130, 83, 99};
constexpr std::size_t options_at = cookie_at + cookie.size();
constexpr std::uint8_t pad = 0;
constexpr std::uint8_t end = 255;
constexpr std::size_t piece_size_max = 255;
constexpr std::uint16_t broadcast_flag = 0x8000;
constexpr std::uint8_t ethernet = 1;
constexpr std::uint8_t ethernet_address_size = 6;

std::uint16_t get16(ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}
std::uint32_t get32(ByteView bytes, std::size_t at) {
    return std::uint32_t{get16(bytes, at)} << 16U | get16(bytes, at + 2);
}
void put16(Bytes& bytes, std::uint16_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8U));
    bytes.push_back(static_cast<std::uint8_t>(value & 0xFFU));
}
void put32(Bytes& bytes, std::uint32_t value) {
    put16(bytes, static_cast<std::uint16_t>(value >> 16U));
    put16(bytes, static_cast<std::uint16_t>(value & 0xFFFFU));
}
void put_text(Bytes& bytes, std::string_view text, std::size_t field_size) {
    const ByteView view = as_bytes(text.substr(0, field_size));
    bytes.insert(bytes.end(), view.begin(), view.end());
    bytes.insert(bytes.end(), field_size - view.size(), 0);
}

std::string text_field(ByteView field) {
    const std::string_view text = as_text(field);
    return std::string(text.substr(0, text.find('\0')));
}

void put_option(Bytes& bytes, const DhcpOption& option) {
    ByteView rest = option.value;
    do {
        const ByteView piece = rest.first(std::min(rest.size(), piece_size_max));
        bytes.push_back(option.code);
        bytes.push_back(static_cast<std::uint8_t>(piece.size()));
        bytes.insert(bytes.end(), piece.begin(), piece.end());
        rest = rest.subspan(piece.size());
    } while (!rest.empty());
}

// The same code again is the rest of the same option (RFC 3396, section 5).
void append_option(std::vector<DhcpOption>& options, std::uint8_t code, ByteView value) {
    const auto same = std::find_if(options.begin(), options.end(),
                                   [code](const DhcpOption& o) { return o.code == code; });
    if (same != options.end())
        same->value.insert(same->value.end(), value.begin(), value.end());
    else
        options.push_back({code, Bytes(value.begin(), value.end())});
}

Done read_options(std::string_view field, ByteView bytes, std::vector<DhcpOption>& into) {
    const std::string where = "DHCP message, field '" + std::string(field) + "'";
    for (std::size_t at = 0; at < bytes.size();) {
        const std::uint8_t code = bytes[at++];
        if (code == pad)
            continue;
        if (code == end)
            return {};
        const std::string option = "option " + std::to_string(code);
        if (at == bytes.size())
            return fail(where + ": " + option + " has no length");
        const std::size_t size = bytes[at++];
        if (bytes.size() - at < size)
            return fail(where + ": " + option + " wants " + std::to_string(size) + " bytes, only " +
                        std::to_string(bytes.size() - at) + " are left");
        append_option(into, code, bytes.subspan(at, size));
        at += size;
    }
    return fail(where + ": the end option (255) is missing");
}

struct Overload {
    bool boot_file = false;
    bool server_name = false;
};

// Takes option 52 out of the options.
Result<Overload> take_overload(std::vector<DhcpOption>& options) {
    const auto found = std::find_if(options.begin(), options.end(), [](const DhcpOption& o) {
        return o.code == dhcp_option::overload;
    });
    if (found == options.end())
        return Overload{};
    if (found->value.size() != 1 || found->value[0] < 1 || found->value[0] > 3)
        return fail("DHCP message, option 52 (overload): want 1, 2 or 3, got 0x" +
                    to_hex(found->value));
    const std::uint8_t fields = found->value[0];
    options.erase(found);
    return Overload{.boot_file = (fields & 1U) != 0, .server_name = (fields & 2U) != 0};
}

// RFC 3396, section 5: the options field, then file, then sname, as one.
Done read_all_options(ByteView bytes, DhcpMessage& message) {
    if (auto good = read_options("options", bytes.subspan(options_at), message.options); !good)
        return good;
    const auto overload = take_overload(message.options);
    if (!overload)
        return tl::unexpected(overload.error());
    const ByteView boot_file = bytes.subspan(boot_file_at, boot_file_size);
    const ByteView server_name = bytes.subspan(server_name_at, server_name_size);
    if (!overload->boot_file)
        message.boot_file = text_field(boot_file);
    else if (auto good = read_options("file", boot_file, message.options); !good)
        return good;
    if (!overload->server_name)
        message.server_name = text_field(server_name);
    else if (auto good = read_options("sname", server_name, message.options); !good)
        return good;
    const Overload again = take_overload(message.options).value_or(Overload{true, true});
    if (again.boot_file || again.server_name)
        return fail("DHCP message: option 52 (overload) stands in an overloaded field");
    return {};
}

} // namespace

std::string dhcp_type_name(DhcpType type) {
    static constexpr std::array<std::string_view, 8> names = {
        "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"};
    const auto number = static_cast<std::size_t>(type);
    if (number < 1 || number > names.size())
        return "type " + std::to_string(number);
    return std::string(names[number - 1]);
}

const Bytes* DhcpMessage::option(std::uint8_t code) const {
    const auto found = std::find_if(options.begin(), options.end(),
                                    [code](const DhcpOption& o) { return o.code == code; });
    return found == options.end() ? nullptr : &found->value;
}

std::optional<DhcpType> DhcpMessage::type() const {
    const Bytes* value = option(dhcp_option::message_type);
    if (!value || value->size() != 1 || value->front() < 1 || value->front() > 8)
        return std::nullopt;
    return static_cast<DhcpType>(value->front());
}

std::optional<std::uint32_t> DhcpMessage::number32(std::uint8_t code) const {
    const Bytes* value = option(code);
    if (!value || value->size() != 4)
        return std::nullopt;
    return get32(*value, 0);
}

std::optional<std::vector<Ipv4>> DhcpMessage::addresses(std::uint8_t code) const {
    const Bytes* value = option(code);
    if (!value || value->empty() || value->size() % 4 != 0)
        return std::nullopt;
    std::vector<Ipv4> all;
    for (std::size_t at = 0; at < value->size(); at += 4)
        all.push_back(Ipv4{get32(*value, at)});
    return all;
}

std::optional<Ipv4> DhcpMessage::address(std::uint8_t code) const {
    const auto all = addresses(code);
    return all ? std::optional(all->front()) : std::nullopt;
}

Bytes encode_dhcp(const DhcpMessage& message) {
    Bytes bytes = {static_cast<std::uint8_t>(message.reply ? 2 : 1), ethernet,
                   ethernet_address_size, message.hops};
    put32(bytes, message.xid);
    put16(bytes, message.seconds);
    put16(bytes, message.broadcast ? broadcast_flag : std::uint16_t{0});
    for (const Ipv4 address : {message.client, message.yours, message.next, message.relay})
        put32(bytes, address.number);
    const auto& hardware = message.hardware.bytes();
    bytes.insert(bytes.end(), hardware.begin(), hardware.end());
    bytes.resize(server_name_at); // chaddr is 16 bytes
    put_text(bytes, message.server_name, server_name_size);
    put_text(bytes, message.boot_file, boot_file_size);
    bytes.insert(bytes.end(), cookie.begin(), cookie.end());
    for (const DhcpOption& option : message.options)
        put_option(bytes, option);
    bytes.push_back(end);
    bytes.resize(std::max(bytes.size(), dhcp_size_min));
    return bytes;
}

Result<DhcpMessage> decode_dhcp(ByteView bytes) {
    if (bytes.size() < options_at || bytes.size() > dhcp_size_max)
        return fail("DHCP message: want " + std::to_string(options_at) + " to " +
                    std::to_string(dhcp_size_max) + " bytes, got " + std::to_string(bytes.size()));
    if (bytes[0] != 1 && bytes[0] != 2)
        return fail("DHCP message: want operation 1 or 2, got " + std::to_string(bytes[0]));
    if (bytes[1] != ethernet || bytes[2] != ethernet_address_size)
        return fail("DHCP message: want Ethernet (hardware type 1, 6 bytes), got type " +
                    std::to_string(bytes[1]) + ", " + std::to_string(bytes[2]) + " bytes");
    if (!std::equal(cookie.begin(), cookie.end(), bytes.begin() + cookie_at))
        return fail("DHCP message: want the magic cookie 63825363, got " +
                    to_hex(bytes.subspan(cookie_at, cookie.size())));
    DhcpMessage message;
    message.reply = bytes[0] == 2;
    message.hops = bytes[3];
    message.xid = get32(bytes, 4);
    message.seconds = get16(bytes, 8);
    message.broadcast = (get16(bytes, 10) & broadcast_flag) != 0;
    message.client = Ipv4{get32(bytes, 12)};
    message.yours = Ipv4{get32(bytes, 16)};
    message.next = Ipv4{get32(bytes, 20)};
    message.relay = Ipv4{get32(bytes, 24)};
    const auto hardware = Mac::from_bytes(bytes.subspan(28, ethernet_address_size));
    if (!hardware)
        return tl::unexpected(hardware.error());
    message.hardware = *hardware;
    if (auto good = read_all_options(bytes, message); !good)
        return tl::unexpected(good.error());
    return message;
}

} // namespace plugtone
