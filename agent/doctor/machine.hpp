// What 'plugtonectl doctor' sees of the machine that it runs on. Any thread.
#pragma once

#include <string>
#include <vector>

#include "agent/doctor/findings.hpp"
#include "core/base/result.hpp"

namespace plugtone::doctor {

// Its IPv4 addresses but those of the loopback interface, in the kernel's order.
std::vector<std::string> own_addresses();
Link link_of(const std::string& interface);
// Of the file system that holds the path.
Result<Disk> disk_of(const std::string& path);
// The machine's clock, and whether the kernel says that it is disciplined.
Clocks clocks_of(std::int64_t published);

} // namespace plugtone::doctor
