#include "kea-hook/packet.hpp"

#include <dhcp/dhcp4.h>
#include <dhcp/option.h>
#include <dhcp/option4_addrlst.h>
#include <dhcp/option_int_array.h>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

using isc::dhcp::Option;
using isc::dhcp::OptionPtr;
using isc::dhcp::Pkt4;

// Largest DHCP message that we make larger, bytes: Ethernet's 1500 less IP and UDP, and a margin
// for the headers that Pkt4::len() leaves out. What is larger is never sent on a raw socket, and
// the client would have no lease at all.
constexpr std::size_t message_size_max = 1400;

OptionPtr option_of(const OfferedBytes& offered) {
    return OptionPtr(new Option(Option::V4, offered.code, offered.bytes));
}

} // namespace

std::string text_option(Pkt4& query, std::uint16_t code) {
    const OptionPtr option = query.getOption(code);
    if (!option)
        return {};
    const auto& data = option->getData();
    std::string text(as_text(data));
    // Some clients send C strings.
    while (!text.empty() && text.back() == '\0')
        text.pop_back();
    return text;
}

namespace {

// Option 77 is a list of length and text (RFC 3004); some clients send the bare text.
std::string user_class(Pkt4& query) {
    std::string text = text_option(query, isc::dhcp::DHO_USER_CLASS);
    if (!text.empty() && static_cast<unsigned char>(text.front()) == text.size() - 1)
        text.erase(0, 1);
    return text;
}

} // namespace

std::optional<Identity> identity_of(Pkt4& query) {
    const isc::dhcp::HWAddrPtr address = query.getHWAddr();
    if (!address || address->hwaddr_.size() != 6)
        return std::nullopt;
    const auto mac = Mac::from_bytes(address->hwaddr_);
    if (!mac)
        return std::nullopt;
    return Identity{
        *mac, text_option(query, isc::dhcp::DHO_VENDOR_CLASS_IDENTIFIER), user_class(query), {}};
}

std::set<std::uint8_t> requested_codes(Pkt4& query) {
    const OptionPtr option = query.getOption(isc::dhcp::DHO_DHCP_PARAMETER_REQUEST_LIST);
    if (!option)
        return {};
    if (const auto list = boost::dynamic_pointer_cast<isc::dhcp::OptionUint8Array>(option))
        return {list->getValues().begin(), list->getValues().end()};
    return {option->getData().begin(), option->getData().end()};
}

std::string own_address(Pkt4& response) {
    const isc::asiolink::IOAddress local = response.getLocalAddr();
    if (local.isV4() && !local.isV4Zero() && !local.isV4Bcast())
        return local.toText();
    const auto identifier = boost::dynamic_pointer_cast<isc::dhcp::Option4AddrLst>(
        response.getOption(isc::dhcp::DHO_DHCP_SERVER_IDENTIFIER));
    if (!identifier || identifier->getAddresses().empty())
        return {};
    return identifier->getAddresses().front().toText();
}

std::vector<std::uint8_t> add_options(Pkt4& response, const Offer& offer) {
    std::vector<std::uint8_t> added;
    for (const OfferedBytes& offered : offer.options) {
        // A fresh object each time: options shared between packets race in Kea 2.2 (facts, hook
        // behaviour).
        const OptionPtr option = option_of(offered);
        if (response.len() + option->len() > message_size_max)
            continue;
        if (offered.replaces_kea)
            while (response.delOption(offered.code)) {
            }
        response.addOption(option);
        added.push_back(offered.code);
    }
    return added;
}

} // namespace plugtone
