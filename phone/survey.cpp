#include "phone/survey.hpp"

#include <algorithm>
#include <random>

#include "phone/lease_taker.hpp"

namespace plugtone {

namespace {

constexpr std::uint16_t client_port = 68;

} // namespace

std::optional<OfferSeen> offer_seen(const DhcpMessage& discover, const DhcpMessage& message,
                                    const Mac& sender) {
    const auto server = message.address(dhcp_option::server_id);
    if (!message.reply || message.xid != discover.xid || message.hardware != discover.hardware ||
        message.type() != DhcpType::offer || !server)
        return std::nullopt;
    OfferSeen seen{*server, sender, message.yours, std::nullopt};
    if (const Bytes* url = message.option(dhcp_option::tftp_server))
        seen.option_66 = *url;
    return seen;
}

Result<std::vector<OfferSeen>> survey_offers(PacketSocket& socket, const DhcpIdentity& identity,
                                             std::chrono::seconds time, bool (*stop)()) {
    std::random_device source;
    const auto begun = Clock::now();
    const auto middle = begun + time / 2;
    DhcpClient client(identity, std::mt19937(source()), begun);
    const DhcpMessage discover = std::get<DhcpClient::Send>(client.begin(begun)).message;
    std::vector<OfferSeen> offers;
    for (const auto until : {middle, begun + time}) {
        if (auto sent = broadcast(socket, discover); !sent)
            return tl::unexpected(sent.error());
        while (Clock::now() < until && !stop()) {
            const auto frame = socket.receive(until);
            if (!frame)
                return tl::unexpected(frame.error());
            if (!*frame || (*frame)->to_port != client_port)
                continue;
            const auto message = decode_dhcp((*frame)->payload);
            const auto seen =
                message ? offer_seen(discover, *message, (*frame)->source) : std::nullopt;
            const auto is_same = [&](const OfferSeen& offer) {
                return offer.server == seen->server && offer.sender == seen->sender;
            };
            if (seen && std::none_of(offers.begin(), offers.end(), is_same))
                offers.push_back(*seen);
        }
    }
    return offers;
}

} // namespace plugtone
