#include "phone/lease_taker.hpp"

#include <random>

namespace plugtone {

namespace {

constexpr std::uint16_t client_port = 68;
constexpr std::uint16_t server_port = 67;
constexpr Ipv4 everybody{0xFFFFFFFF};

Mac broadcast_mac() {
    static constexpr std::array<std::uint8_t, 6> ones = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    return Mac::from_bytes(ones).value_or(Mac{});
}

std::string why_none(const DhcpClient& client, const std::string& last_damage) {
    std::string text = client.progress();
    if (!client.last_refusal().empty())
        text += "; the last answer was " + client.last_refusal();
    else if (!last_damage.empty())
        text += "; the last answer was damaged: " + last_damage;
    else
        text += "; is a DHCP server on this link?";
    return text;
}

} // namespace

Done broadcast(PacketSocket& socket, const DhcpMessage& message) {
    return socket.send({.source = message.hardware,
                        .destination = broadcast_mac(),
                        .from = Ipv4{},
                        .to = everybody,
                        .from_port = client_port,
                        .to_port = server_port,
                        .payload = encode_dhcp(message)});
}

Result<TakenLease> take_lease(PacketSocket& socket, const DhcpIdentity& identity,
                              std::chrono::seconds timeout, bool (*stop)()) {
    std::random_device source;
    const auto deadline = Clock::now() + timeout;
    DhcpClient client(identity, std::mt19937(source()), Clock::now());
    auto step = client.begin(Clock::now());
    Mac sender;
    std::string last_damage;
    for (;;) {
        if (const auto* bound = std::get_if<DhcpClient::Bound>(&step))
            return TakenLease{bound->lease, sender};
        if (stop())
            return fail(ErrorKind::io, "interrupted while waiting for a lease");
        if (Clock::now() >= deadline)
            return fail(ErrorKind::io, "no lease within " + std::to_string(timeout.count()) +
                                           " s: " + why_none(client, last_damage));
        auto until = Clock::now();
        if (const auto* send = std::get_if<DhcpClient::Send>(&step)) {
            if (auto good = broadcast(socket, send->message); !good)
                return tl::unexpected(good.error());
            until = send->until;
        } else if (const auto* wait = std::get_if<DhcpClient::Wait>(&step)) {
            until = wait->until;
        }
        const auto frame = socket.receive(std::min(until, deadline));
        if (!frame)
            return tl::unexpected(frame.error());
        step = DhcpClient::Wait{until};
        if (!*frame) {
            step = client.on_time(Clock::now());
        } else if ((*frame)->to_port == client_port) {
            const auto message = decode_dhcp((*frame)->payload);
            sender = (*frame)->source;
            if (message)
                step = client.on_message(*message, Clock::now());
            else
                last_damage = message.error().message;
        }
    }
}

Done release_lease(PacketSocket& socket, const DhcpIdentity& identity, const TakenLease& taken) {
    std::random_device source;
    const DhcpMessage message = dhcp_release(identity, taken.lease, source());
    return socket.send({.source = identity.mac,
                        .destination = taken.sender,
                        .from = taken.lease.address,
                        .to = taken.lease.server,
                        .from_port = client_port,
                        .to_port = server_port,
                        .payload = encode_dhcp(message)});
}

} // namespace plugtone
