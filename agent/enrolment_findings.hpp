// What has been on its way for too long: bootstrap windows that stay open, XML passwords that are
// not taken. One thread; throws soci::soci_error when the database fails.
#pragma once

#include <functional>
#include <vector>

#include "agent/inventory.hpp"
#include "agent/lint.hpp"

namespace plugtone {

using ClassOf = std::function<const DeviceClass*(const Device&)>;

// Windows that are open for no longer than shortest_s, the shortest that any class wants, are not
// looked at further. now: seconds since 1970.
std::vector<Finding> enrolment_findings(Inventory& inventory, const ClassOf& class_of,
                                        long long shortest_s, long long now);

} // namespace plugtone
