// The provisioning server's URL from the DHCP options of a lease, by the devices' rules (facts,
// section 4.2): option 66, else option 43. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "phone/dhcp_message.hpp"

namespace plugtone {

struct ServerUrl {
    std::string scheme; // tftp, http or https
    std::string host;   // a name or an IPv4 address
    std::string port;   // empty: the scheme's own
    std::string path;   // empty, or "/a/b": no slash at the end
    std::string source; // where it came from, e.g. "option 43, sub-option 1"

    std::string text() const;
    // The port that requests go to.
    std::string effective_port() const;
    // The URL of one file there. The name is percent-encoded where a URL wants it; '/' stays.
    std::string file(std::string_view name) const;
};

// A URL, or an address or name with an optional port and folder, which means TFTP. NULs and blanks
// at the end are tolerated (DHCP servers add them); user names, queries and fragments are refused.
Result<ServerUrl> parse_server(std::string_view text);

// Option 66 if it is there (one that cannot be read is an error, not a reason to look elsewhere).
// Else option 43: the first sub-option that reads as a URL with a scheme, or the whole as plain
// text. Fails with not_found if neither names a server.
Result<ServerUrl> choose_server(const DhcpMessage& ack);

} // namespace plugtone
