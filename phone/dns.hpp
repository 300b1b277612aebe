// A host name's IPv4 address, asked of the name servers that the lease names (option 6), as a phone
// does, whatever this machine's own resolver is set to. Blocks, at most some seconds a server.
#pragma once

#include <string>
#include <vector>

#include "core/base/ipv4.hpp"
#include "core/base/result.hpp"

namespace plugtone {

Result<Ipv4> resolve(const std::string& host, const std::vector<Ipv4>& servers);

} // namespace plugtone
