#include "phone/dhcp_client.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace plugtone {

namespace {

// RFC 2131, section 4.1: 4, 8, 16, 32, 64 seconds, each give or take one.
constexpr std::chrono::seconds wait_first{4};
constexpr int doublings_max = 4;
constexpr int wait_spread_ms = 1000;
// A REQUEST that nobody answers is sent this often before the client looks for another server.
constexpr int request_tries_max = 4;
// A server that refuses what it has just offered shall not be asked in a tight loop.
constexpr std::chrono::seconds pause_after_nak{1};
// What busybox's udhcpc, which the devices run, says that it can take.
constexpr std::uint16_t message_size = 576;
constexpr std::uint32_t broadband_forum = 3561; // enterprise number of option 125

// What the devices ask for with "Allow DHCP Option 43 and Option 66" at its default (facts, 4.1).
constexpr std::array<std::uint8_t, 11> parameters = {1, 2, 3, 6, 12, 15, 28, 42, 43, 66, 125};

Bytes bytes32(std::uint32_t value) {
    return {
        static_cast<std::uint8_t>(value >> 24U), static_cast<std::uint8_t>(value >> 16U & 0xFFU),
        static_cast<std::uint8_t>(value >> 8U & 0xFFU), static_cast<std::uint8_t>(value & 0xFFU)};
}
Bytes bytes16(std::uint16_t value) {
    return {static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value & 0xFFU)};
}
Bytes bytes_of(std::string_view text) {
    const ByteView view = as_bytes(text);
    return {view.begin(), view.end()};
}

Bytes client_id(const Mac& mac) {
    Bytes id(1 + mac.bytes().size());
    id[0] = 1; // hardware type Ethernet
    std::copy(mac.bytes().begin(), mac.bytes().end(), id.begin() + 1);
    return id;
}

// Who we are, for a TR-069 server (TR-111): 1 OUI, 2 serial number, 3 product class.
Bytes device_identity(const DhcpIdentity& identity) {
    std::string oui = identity.mac.text().substr(0, 6);
    std::transform(oui.begin(), oui.end(), oui.begin(), [](char c) {
        return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    Bytes fields;
    std::uint8_t code = 0;
    for (const std::string& text : {oui, identity.mac.text(), identity.model}) {
        const ByteView value = as_bytes(std::string_view(text).substr(0, 64));
        fields.push_back(++code);
        fields.push_back(static_cast<std::uint8_t>(value.size()));
        fields.insert(fields.end(), value.begin(), value.end());
    }
    Bytes bytes = bytes32(broadband_forum);
    bytes.push_back(static_cast<std::uint8_t>(fields.size()));
    bytes.insert(bytes.end(), fields.begin(), fields.end());
    return bytes;
}

bool is_host(Ipv4 address) {
    const std::uint32_t first = address.number >> 24U;
    return first != 0 && first != 127 && first < 224;
}

// The subnet's size from option 1; without one, by the address's class as RFC 1122 has it.
std::optional<int> prefix_size(const DhcpMessage& ack) {
    if (!ack.option(dhcp_option::subnet_mask)) {
        const std::uint32_t first = ack.yours.number >> 24U;
        return first < 128 ? 8 : first < 192 ? 16 : 24;
    }
    const auto mask = ack.number32(dhcp_option::subnet_mask);
    if (!mask || *mask == 0 || std::countl_one(*mask) + std::countr_zero(*mask) != 32)
        return std::nullopt;
    return std::countl_one(*mask);
}

Result<Lease> lease_of(const DhcpMessage& ack) {
    const auto seconds = ack.number32(dhcp_option::lease_time);
    const auto prefix = prefix_size(ack);
    const auto server = ack.number32(dhcp_option::server_id);
    if (!seconds || *seconds == 0)
        return fail("ACK without a lease time (option 51)");
    if (!prefix)
        return fail("ACK with a subnet mask (option 1) that is none");
    if (!server)
        return fail("ACK without a server (option 54)");
    return Lease{.address = ack.yours,
                 .prefix_size = *prefix,
                 .router = ack.address(dhcp_option::routers),
                 .dns_servers =
                     ack.addresses(dhcp_option::dns_servers).value_or(std::vector<Ipv4>{}),
                 .server = Ipv4{*server},
                 .seconds = *seconds,
                 .ack = ack};
}

} // namespace

DhcpClient::DhcpClient(DhcpIdentity identity, std::mt19937 chance, Clock::time_point start)
    : identity_(std::move(identity)), chance_(chance), start_(start), until_(start) {}

DhcpClient::Step DhcpClient::begin(Clock::time_point now) {
    return discover(now);
}

DhcpClient::Step DhcpClient::discover(Clock::time_point now) {
    if (state_ != State::discovering || tries_ == 0) {
        state_ = State::discovering;
        tries_ = 0;
        xid_ = static_cast<std::uint32_t>(chance_());
    }
    return send(DhcpType::discover, now);
}

DhcpClient::Step DhcpClient::request(Clock::time_point now) {
    return send(DhcpType::request, now);
}

Clock::duration DhcpClient::next_wait() {
    const int doublings = std::min(tries_, doublings_max);
    std::uniform_int_distribution<int> spread(-wait_spread_ms, wait_spread_ms);
    return wait_first * (1 << doublings) + std::chrono::milliseconds(spread(chance_));
}

DhcpClient::Send DhcpClient::send(DhcpType type, Clock::time_point now) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - start_).count();
    DhcpMessage message;
    message.xid = xid_;
    message.seconds = static_cast<std::uint16_t>(std::clamp<std::int64_t>(age, 0, 65535));
    message.hardware = identity_.mac;
    auto add = [&message](std::uint8_t code, Bytes value) {
        message.options.push_back({code, std::move(value)});
    };
    // In the order that the devices have (facts, 4.1).
    add(dhcp_option::message_type, {static_cast<std::uint8_t>(type)});
    add(dhcp_option::client_id, client_id(identity_.mac));
    if (!identity_.vendor_class.empty())
        add(dhcp_option::vendor_class, bytes_of(identity_.vendor_class));
    if (!identity_.model.empty())
        add(dhcp_option::vendor_identifying, device_identity(identity_));
    if (type == DhcpType::request) {
        add(dhcp_option::requested_address, bytes32(offered_.number));
        add(dhcp_option::server_id, bytes32(server_.number));
    }
    add(dhcp_option::message_size_max, bytes16(message_size));
    if (!identity_.host_name.empty())
        add(dhcp_option::host_name, bytes_of(identity_.host_name));
    add(dhcp_option::parameter_list, Bytes(parameters.begin(), parameters.end()));
    until_ = now + next_wait();
    ++tries_;
    return {std::move(message), until_};
}

DhcpClient::Step DhcpClient::refuse(std::string why) {
    last_refusal_ = std::move(why);
    return Wait{until_};
}

DhcpClient::Step DhcpClient::on_message(const DhcpMessage& message, Clock::time_point now) {
    const bool ours = message.reply && message.xid == xid_ && message.hardware == identity_.mac;
    if (!ours || state_ == State::pausing || state_ == State::bound)
        return Wait{until_};
    const auto type = message.type();
    if (!type)
        return refuse("an answer without a message type (option 53)");
    if (state_ == State::discovering && *type == DhcpType::offer)
        return on_offer(message, now);
    if (state_ == State::requesting && *type == DhcpType::ack)
        return on_ack(message);
    if (state_ == State::requesting && *type == DhcpType::nak)
        return on_nak(message, now);
    return Wait{until_}; // another server's OFFER, or an answer that comes twice
}

DhcpClient::Step DhcpClient::on_offer(const DhcpMessage& message, Clock::time_point now) {
    const auto server = message.number32(dhcp_option::server_id);
    if (!server)
        return refuse("an OFFER without a server (option 54)");
    if (!is_host(message.yours))
        return refuse("an OFFER of " + message.yours.text() + ", which is no host's address");
    state_ = State::requesting;
    tries_ = 0;
    offered_ = message.yours;
    server_ = Ipv4{*server};
    return request(now);
}

DhcpClient::Step DhcpClient::on_ack(const DhcpMessage& message) {
    if (message.yours != offered_)
        return refuse("an ACK for " + message.yours.text() + ", but " + offered_.text() +
                      " was requested");
    auto lease = lease_of(message);
    if (!lease)
        return refuse("an " + lease.error().message);
    state_ = State::bound;
    return Bound{std::move(*lease)};
}

DhcpClient::Step DhcpClient::on_nak(const DhcpMessage& message, Clock::time_point now) {
    const auto server = message.number32(dhcp_option::server_id);
    if (server && Ipv4{*server} != server_)
        return refuse("a NAK from " + Ipv4{*server}.text() + ", which was not asked");
    state_ = State::pausing;
    until_ = now + pause_after_nak;
    return refuse("a NAK of " + offered_.text() + " from " + server_.text());
}

DhcpClient::Step DhcpClient::on_time(Clock::time_point now) {
    if (now < until_ || state_ == State::bound)
        return Wait{until_};
    if (state_ == State::requesting && tries_ < request_tries_max)
        return request(now);
    return discover(now);
}

std::string DhcpClient::progress() const {
    const std::string times =
        " sent " + std::to_string(tries_) + (tries_ == 1 ? " time" : " times");
    switch (state_) {
    case State::discovering:
        return "DISCOVER" + times + ", no OFFER came";
    case State::requesting:
        return "REQUEST for " + offered_.text() + times + " to " + server_.text() + ", no ACK came";
    case State::pausing:
        return "starting over after a NAK";
    case State::bound:
        return "bound";
    }
    return {};
}

DhcpMessage dhcp_release(const DhcpIdentity& identity, const Lease& lease, std::uint32_t xid) {
    DhcpMessage message;
    message.xid = xid;
    message.hardware = identity.mac;
    message.client = lease.address;
    message.options = {{dhcp_option::message_type, {static_cast<std::uint8_t>(DhcpType::release)}},
                       {dhcp_option::server_id, bytes32(lease.server.number)},
                       {dhcp_option::client_id, client_id(identity.mac)}};
    return message;
}

} // namespace plugtone
