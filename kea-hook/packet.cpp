#include "kea-hook/packet.hpp"

#include <algorithm>
#include <ctime>

#include <dhcp/dhcp4.h>
#include <dhcp/option.h>
#include <dhcp/option4_addrlst.h>
#include <dhcp/option_int.h>
#include <dhcp/option_int_array.h>
#include <dhcpsrv/lease.h>
#include <util/buffer.h>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

using isc::dhcp::Option;
using isc::dhcp::OptionPtr;
using isc::dhcp::Pkt4;

// getOption() copies the option into the packet on each look during a callout, so that a hook may
// change it; ours only reads, and the copies would cost more than all the rest.
OptionPtr find_option(const Pkt4& packet, std::uint16_t code) {
    const auto found = packet.options_.find(code);
    return found == packet.options_.end() ? nullptr : found->second;
}

// What a larger answer costs is the lease: a raw socket sends no more than a frame, and clients
// ignore what is larger than they said they take (option 57). Bytes of an IP datagram.
constexpr std::size_t datagram_size_least = 576; // RFC 2132 section 9.10: what everybody takes
constexpr std::size_t datagram_size_most = 1500; // Ethernet's
constexpr std::size_t headers_size = 28;         // IP and UDP
// Of the end, and the heads of options that Kea cuts, which Pkt4::len() leaves out.
constexpr std::size_t margin = 16;

std::size_t answer_size_max(const Pkt4& query) {
    const auto told = boost::dynamic_pointer_cast<isc::dhcp::OptionUint16>(
        find_option(query, isc::dhcp::DHO_DHCP_MAX_MESSAGE_SIZE));
    const std::size_t taken = told ? told->getValue() : datagram_size_least;
    return std::clamp(taken, datagram_size_least, datagram_size_most) - headers_size - margin;
}

// In one option; what is longer Kea cuts wherever 253 bytes end, which a client must put together
// again.
constexpr std::size_t single_option_max = 253;

OptionPtr option_of(const OfferedBytes& offered) {
    if (!offered.has_sub_options || offered.bytes.size() <= single_option_max)
        return OptionPtr(new Option(Option::V4, offered.code, offered.bytes));
    // Kea puts whole sub-options into each of several options 43: also clients that put nothing
    // together find them.
    const OptionPtr whole(new Option(Option::V4, offered.code));
    for (auto at = offered.bytes.begin(); at != offered.bytes.end();) {
        const auto begin = at + 2;
        const auto end = begin + *(at + 1);
        whole->addOption(OptionPtr(new Option(Option::V4, *at, Bytes(begin, end))));
        at = end;
    }
    return whole;
}

void set_fixed_fields(Pkt4& response, const Offer& offer) {
    if (offer.next_server)
        response.setSiaddr(isc::asiolink::IOAddress(offer.next_server->number));
    const auto bytes = [](const std::string& text) { return as_bytes(text).data(); };
    if (!offer.server_name.empty())
        response.setSname(bytes(offer.server_name), offer.server_name.size());
    if (!offer.boot_file.empty())
        response.setFile(bytes(offer.boot_file), offer.boot_file.size());
}

} // namespace

bool has_option(const Pkt4& packet, std::uint8_t code) {
    return find_option(packet, code) != nullptr;
}

namespace {

// Empty if it is absent.
std::string text_option(const Pkt4& query, std::uint16_t code) {
    const OptionPtr option = find_option(query, code);
    if (!option)
        return {};
    const auto& data = option->getData();
    std::string text(as_text(data));
    // Some clients send C strings.
    while (!text.empty() && text.back() == '\0')
        text.pop_back();
    return text;
}

// Option 77 is a list of length and text (RFC 3004); some clients send the bare text.
std::string user_class(const Pkt4& query) {
    std::string text = text_option(query, isc::dhcp::DHO_USER_CLASS);
    if (!text.empty() && static_cast<unsigned char>(text.front()) == text.size() - 1)
        text.erase(0, 1);
    return text;
}

} // namespace

std::optional<Mac> mac_of(const Pkt4& query) {
    const isc::dhcp::HWAddrPtr address = query.getHWAddr();
    if (!address || address->hwaddr_.size() != 6)
        return std::nullopt;
    const auto mac = Mac::from_bytes(address->hwaddr_);
    return mac ? std::optional(*mac) : std::nullopt;
}

Identity identity_of(Pkt4& query, const Mac& mac, const std::vector<std::string>& kea_classes) {
    Identity identity{mac,
                      text_option(query, isc::dhcp::DHO_VENDOR_CLASS_IDENTIFIER),
                      user_class(query),
                      {},
                      text_option(query, isc::dhcp::DHO_HOST_NAME),
                      {}};
    for (const std::string& name : kea_classes)
        if (query.inClass(name))
            identity.kea_classes.push_back(name);
    return identity;
}

CodeSet requested_codes(const Pkt4& query) {
    CodeSet codes;
    const OptionPtr option = find_option(query, isc::dhcp::DHO_DHCP_PARAMETER_REQUEST_LIST);
    if (!option)
        return codes;
    const auto* list = dynamic_cast<const isc::dhcp::OptionUint8Array*>(option.get());
    for (const std::uint8_t code : list != nullptr ? list->getValues() : option->getData())
        codes.set(code);
    return codes;
}

std::string relay_information(const Pkt4& query) {
    const OptionPtr option = find_option(query, isc::dhcp::DHO_DHCP_AGENT_OPTIONS);
    if (!option)
        return {};
    isc::util::OutputBuffer packed(0);
    option->pack(packed);
    const void* data = packed.getData(); // of bytes since Kea 2.6
    const ByteView all(static_cast<const std::uint8_t*>(data), packed.getLength());
    return to_hex(all.subspan(std::min<std::size_t>(all.size(), 2))); // without code and length
}

Ipv4 client_address(const Pkt4& query, const Pkt4& response) {
    for (const isc::asiolink::IOAddress& address :
         {response.getYiaddr(), query.getCiaddr(), query.getGiaddr()})
        if (!address.isV4Zero())
            return Ipv4{address.toUint32()};
    return {};
}

Ipv4 own_address(const Pkt4& response) {
    const isc::asiolink::IOAddress& local = response.getLocalAddr();
    if (local.isV4() && !local.isV4Zero() && !local.isV4Bcast())
        return Ipv4{local.toUint32()};
    const auto identifier = boost::dynamic_pointer_cast<isc::dhcp::Option4AddrLst>(
        find_option(response, isc::dhcp::DHO_DHCP_SERVER_IDENTIFIER));
    if (!identifier || identifier->getAddresses().empty())
        return {};
    return Ipv4{identifier->getAddresses().front().toUint32()};
}

std::optional<Binding> granted_lease(Pkt4& query, const Pkt4& response, const Mac& mac) {
    const isc::asiolink::IOAddress& address = response.getYiaddr();
    if (address.isV4Zero()) // the answer to DHCPINFORM
        return std::nullopt;
    const OptionPtr option = find_option(response, isc::dhcp::DHO_DHCP_LEASE_TIME);
    const auto* time = dynamic_cast<const isc::dhcp::OptionUint32*>(option.get());
    // libdhcp_bootp has taken the time out of its answers; such a lease has no end.
    const bool is_endless = time != nullptr ? time->getValue() == isc::dhcp::Lease::INFINITY_LFT
                                            : query.inClass("BOOTP");
    if (time == nullptr && !is_endless)
        return std::nullopt;
    return Binding{Ipv4{address.toUint32()}, mac,
                   is_endless ? never_expires : std::time(nullptr) + time->getValue()};
}

std::vector<std::uint8_t> add_options(const Pkt4& query, Pkt4& response, Offer& offer) {
    set_fixed_fields(response, offer);
    const std::size_t size_max = answer_size_max(query);
    std::size_t size = response.len();
    std::vector<std::uint8_t> added;
    added.reserve(offer.options.size());
    for (const OfferedBytes& offered : offer.options) {
        // A fresh object each time: options shared between packets race in Kea 2.2 (facts, hook
        // behaviour).
        const OptionPtr option = option_of(offered);
        const std::size_t more = option->len();
        if (size + more > size_max) {
            offer.left_out.push_back("option " + std::to_string(offered.code) +
                                     ": the answer would be larger than the client takes");
            continue;
        }
        size += more;
        if (offered.replaces_kea && has_option(response, offered.code)) {
            while (response.delOption(offered.code)) {
            }
            size = response.len() + more;
        }
        response.addOption(option);
        added.push_back(offered.code);
    }
    return added;
}

} // namespace plugtone
