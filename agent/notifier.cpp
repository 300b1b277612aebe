#include "agent/notifier.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/rand.h>
#include <sys/socket.h>

#include "core/base/bytes.hpp"
#include "core/base/log.hpp"

namespace plugtone {

namespace {

constexpr std::size_t call_id_bytes = 16;

sockaddr_in address_of(const SipEndpoint& endpoint) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(endpoint.address.number);
    return address;
}

SipEndpoint endpoint_of(const sockaddr_in& address) {
    return {Ipv4{ntohl(address.sin_addr.s_addr)}, ntohs(address.sin_port)};
}

std::string random_call_id() {
    Bytes bytes(call_id_bytes);
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("the system's random generator gives nothing");
    return to_hex(bytes);
}

Result<SipEndpoint> name_of(const Fd& socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return fail_errno("cannot tell a socket's address");
    return endpoint_of(address);
}

// Of our addresses, the one that the phone sees: nothing is sent for that.
Result<Ipv4> source_towards(const SipEndpoint& phone) {
    const Fd probe(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = address_of(phone);
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_errno("no way to " + phone.text());
    const auto name = name_of(probe);
    if (!name)
        return tl::unexpected(name.error());
    return name->address;
}

} // namespace

Notifier::Notifier(Fd socket, std::uint16_t port, ResyncLimits limits)
    : socket_(std::move(socket)), port_(port), resync_(limits, random_call_id) {}

Result<Notifier> Notifier::open(ResyncLimits limits) {
    Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const sockaddr_in any = address_of({Ipv4{INADDR_ANY}, 0});
    if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0)
        return fail_errno("cannot open a UDP port to notify phones from");
    const auto name = name_of(socket);
    if (!name)
        return tl::unexpected(name.error());
    return Notifier(std::move(socket), name->port, limits);
}

void Notifier::receive(Resync::Time now) {
    std::array<std::uint8_t, sip_response_size_max + 1> buffer{};
    for (int taken = 0; taken < responses_per_turn; ++taken) {
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const ssize_t bytes = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                         reinterpret_cast<sockaddr*>(&from), &size);
        // An ICMP error of an earlier datagram: the phone's silence will tell.
        if (bytes < 0 && (errno == EINTR || errno == ECONNREFUSED))
            continue;
        if (bytes < 0)
            return;
        const auto response =
            decode_response(ByteView(buffer).first(static_cast<std::size_t>(bytes)));
        if (response)
            resync_.on_response(endpoint_of(from), *response, now);
        else
            ++malformed_;
    }
}

Done Notifier::send(const Resync::Datagram& datagram) const {
    const auto source = source_towards(datagram.to);
    if (!source)
        return tl::unexpected(source.error());
    const std::string text =
        encode_notify({datagram.to, {*source, port_}, datagram.event, datagram.call_id});
    const sockaddr_in address = address_of(datagram.to);
    if (::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 &&
        errno != EAGAIN && errno != ECONNREFUSED) // what is not sent now is repeated
        return fail_errno("cannot send to " + datagram.to.text());
    return {};
}

void Notifier::advance(Resync::Time now) {
    receive(now);
    for (const Resync::Datagram& datagram : resync_.on_time(now))
        if (const auto sent = send(datagram); !sent)
            resync_.failed(datagram.mac, sent.error().message);
}

} // namespace plugtone
