#include "agent/sip_message.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::string_view version = "SIP/2.0 ";
// RFC 3261, section 8.1.1.7: what begins so is unique.
constexpr std::string_view magic_cookie = "z9hG4bK";
constexpr std::size_t reason_size_max = 128;

// The next line without its end; a line that begins with a blank goes on from the one before it
// (RFC 3261, section 7.3.1).
std::string take_line(std::string_view& rest) {
    std::string line;
    do {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view piece = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (piece.ends_with('\r'))
            piece.remove_suffix(1);
        if (piece.empty() && line.empty())
            return line;
        line += line.empty() ? std::string(piece) : " " + std::string(trim(piece));
    } while (rest.starts_with(' ') || rest.starts_with('\t'));
    return line;
}

bool is_header(std::string_view name, std::string_view long_name, std::string_view compact) {
    const std::string small = lower(name);
    return small == long_name || (!compact.empty() && small == compact);
}

// Of the first Via of the line.
std::string branch_in(std::string_view via) {
    via = via.substr(0, via.find(','));
    while (!via.empty()) {
        const std::size_t semicolon = via.find(';');
        if (semicolon == std::string_view::npos)
            return {};
        via.remove_prefix(semicolon + 1);
        const std::string_view parameter = trim(via.substr(0, via.find(';')));
        const std::size_t equals = parameter.find('=');
        if (equals != std::string_view::npos &&
            lower(trim(parameter.substr(0, equals))) == "branch")
            return std::string(trim(parameter.substr(equals + 1)));
    }
    return {};
}

void take_header(std::string_view line, SipResponse& response) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos)
        return;
    const std::string_view name = trim(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (response.branch.empty() && is_header(name, "via", "v"))
        response.branch = branch_in(value);
    else if (response.call_id.empty() && is_header(name, "call-id", "i"))
        response.call_id = value;
    else if (response.method.empty() && is_header(name, "cseq", ""))
        if (const auto parts = words(value); parts.size() == 2)
            response.method = parts[1];
}

} // namespace

std::string SipEndpoint::text() const {
    return address.text() + ":" + std::to_string(port);
}

std::string branch_of(const NotifyRequest& request) {
    return std::string(magic_cookie) + request.call_id;
}

// From: what phones compare with their server's address, if anything; it is ours. RFC 6665 wants a
// Subscription-State in each NOTIFY, also in one that nobody has subscribed to.
std::string encode_notify(const NotifyRequest& request) {
    const std::string us = request.from.text();
    const std::string phone = request.to.text();
    return "NOTIFY sip:" + phone + " SIP/2.0\r\n" +                                    //
           "Via: SIP/2.0/UDP " + us + ";branch=" + branch_of(request) + ";rport\r\n" + //
           "Max-Forwards: 70\r\n" +                                                    //
           "From: <sip:plugtone@" + us + ">;tag=" + request.call_id + "\r\n" +         //
           "To: <sip:" + phone + ">\r\n" +                                             //
           "Call-ID: " + request.call_id + "\r\n" +                                    //
           "CSeq: 1 NOTIFY\r\n" +                                                      //
           "Contact: <sip:plugtone@" + us + ">\r\n" +                                  //
           "Event: " + request.event + "\r\n" +                                        //
           "Subscription-State: terminated\r\n" +                                      //
           "Content-Length: 0\r\n\r\n";
}

Result<SipResponse> decode_response(ByteView datagram) {
    if (datagram.size() > sip_response_size_max)
        return fail("SIP: want at most " + std::to_string(sip_response_size_max) + " bytes");
    std::string_view rest = as_text(datagram);
    const std::string first = take_line(rest);
    SipResponse response;
    std::string_view status = first;
    if (!status.starts_with(version))
        return fail("SIP: want a response, got '" + printable(first.substr(0, reason_size_max)) +
                    "'");
    status.remove_prefix(version.size());
    const auto number =
        parse_number<int>(status.substr(0, std::min<std::size_t>(3, status.size())));
    const bool ends = status.size() == 3 || (status.size() > 3 && status[3] == ' ');
    if (!number || *number < 100 || *number > 699 || !ends)
        return fail("SIP: want a status from 100 to 699, got '" +
                    printable(status.substr(0, reason_size_max)) + "'");
    response.status = *number;
    if (status.size() > 4)
        response.reason = printable(status.substr(4, reason_size_max));
    while (!rest.empty()) {
        const std::string line = take_line(rest);
        if (line.empty())
            break; // the body
        take_header(line, response);
    }
    if (response.branch.empty() || response.call_id.empty() || response.method.empty())
        return fail("SIP: a response without Via, Call-ID or CSeq");
    return response;
}

} // namespace plugtone
