#include "tftpd/codec.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace plugtone::tftpd {

namespace {

enum Opcode : std::uint16_t {
    read_request = 1,
    write_request = 2,
    data = 3,
    ack = 4,
    error = 5,
    option_ack = 6,
};

constexpr std::size_t word_size = 2;

std::uint16_t word_at(ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

// The text up to the next NUL, which is taken too; nothing if there is none.
std::optional<std::string_view> take_text(std::string_view& rest) {
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos)
        return std::nullopt;
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return text;
}

Result<std::vector<Option>> take_options(std::string_view rest) {
    std::vector<Option> options;
    while (!rest.empty()) {
        const auto name = take_text(rest);
        const auto value = take_text(rest);
        if (!name || !value || name->empty())
            return fail("options: want pairs of NUL-terminated texts");
        if (options.size() == options_max)
            return fail("options: want at most " + std::to_string(options_max));
        options.push_back({*name, *value});
    }
    return options;
}

Result<Packet> decode_request(bool is_write, ByteView datagram) {
    if (datagram.size() > request_size_max)
        return fail("request: want at most " + std::to_string(request_size_max) + " bytes, got " +
                    std::to_string(datagram.size()));
    std::string_view rest = as_text(datagram.subspan(word_size));
    const auto name = take_text(rest);
    const auto mode = take_text(rest);
    if (!name || !mode || name->empty())
        return fail("request: want a name and a mode, each ended by NUL");
    auto options = take_options(rest);
    if (!options)
        return fail_in("request", options.error());
    return Request{is_write, *name, *mode, std::move(*options)};
}

Result<Packet> decode_data(ByteView datagram) {
    if (datagram.size() < data_header_size || datagram.size() > data_header_size + blksize_most)
        return fail("DATA: want 4 to 65468 bytes, got " + std::to_string(datagram.size()));
    return Data{word_at(datagram, word_size), datagram.subspan(data_header_size)};
}

Result<Packet> decode_ack(ByteView datagram) {
    const auto number = ack_number(datagram);
    if (!number)
        return fail("ACK: want 4 bytes, got " + std::to_string(datagram.size()));
    return Ack{*number};
}

Result<Packet> decode_error(ByteView datagram) {
    if (datagram.size() < 2 * word_size || datagram.size() > request_size_max)
        return fail("ERROR: want 4 to 512 bytes, got " + std::to_string(datagram.size()));
    const std::string_view text = as_text(datagram.subspan(2 * word_size));
    return ErrorPacket{static_cast<ErrorCode>(word_at(datagram, word_size)),
                       text.substr(0, text.find('\0'))};
}

Result<Packet> decode_option_ack(ByteView datagram) {
    if (datagram.size() > request_size_max)
        return fail("OACK: want at most 512 bytes, got " + std::to_string(datagram.size()));
    auto options = take_options(as_text(datagram.subspan(word_size)));
    if (!options)
        return fail_in("OACK", options.error());
    return OptionAck{std::move(*options)};
}

class Writer {
public:
    explicit Writer(Opcode opcode) { word(opcode); }
    Writer& word(std::uint16_t value) {
        bytes_.push_back(static_cast<std::uint8_t>(value >> 8U));
        bytes_.push_back(static_cast<std::uint8_t>(value & 0xFFU));
        return *this;
    }
    Writer& text(std::string_view value) {
        bytes_.insert(bytes_.end(), value.begin(), value.end());
        bytes_.push_back(0);
        return *this;
    }
    Writer& options(const std::vector<Option>& options) {
        for (const Option& option : options)
            text(option.name).text(option.value);
        return *this;
    }
    Writer& raw(ByteView bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return *this;
    }
    Bytes take() { return std::move(bytes_); }

private:
    Bytes bytes_;
};

Bytes encode(const Request& packet) {
    return Writer(packet.is_write ? write_request : read_request)
        .text(packet.name)
        .text(packet.mode)
        .options(packet.options)
        .take();
}
Bytes encode(const Data& packet) {
    return Writer(data).word(packet.block).raw(packet.payload).take();
}
Bytes encode(const Ack& packet) {
    return Writer(ack).word(packet.block).take();
}
Bytes encode(const ErrorPacket& packet) {
    return Writer(error).word(static_cast<std::uint16_t>(packet.code)).text(packet.text).take();
}
Bytes encode(const OptionAck& packet) {
    return Writer(option_ack).options(packet.options).take();
}

} // namespace

Result<Packet> decode_packet(ByteView datagram) {
    if (datagram.size() < word_size)
        return fail("packet: want at least 2 bytes, got " + std::to_string(datagram.size()));
    const std::uint16_t opcode = word_at(datagram, 0);
    switch (opcode) {
    case read_request:
    case write_request:
        return decode_request(opcode == write_request, datagram);
    case data:
        return decode_data(datagram);
    case ack:
        return decode_ack(datagram);
    case error:
        return decode_error(datagram);
    case option_ack:
        return decode_option_ack(datagram);
    default:
        return fail("packet: want opcode 1 to 6, got " + std::to_string(opcode));
    }
}

std::optional<std::uint16_t> ack_number(ByteView datagram) {
    if (datagram.size() != 2 * word_size || word_at(datagram, 0) != ack)
        return std::nullopt;
    return word_at(datagram, word_size);
}

Bytes encode_packet(const Packet& packet) {
    return std::visit([](const auto& kind) { return encode(kind); }, packet);
}

void write_data_header(std::uint16_t block, std::span<std::uint8_t, data_header_size> header) {
    header[0] = 0;
    header[1] = data;
    header[2] = static_cast<std::uint8_t>(block >> 8U);
    header[3] = static_cast<std::uint8_t>(block & 0xFFU);
}

} // namespace plugtone::tftpd
