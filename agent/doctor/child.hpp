// Runs another program to its end and takes what it prints. Blocks; one thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace plugtone::doctor {

struct ChildEnd {
    int status = 0; // of its exit; 128 and the signal's number if one ended it
    std::string output;
};

// The program is looked up in PATH unless its name has a slash. Its standard input is empty, what
// it writes to standard error goes nowhere. One that runs longer than the limit is asked to end
// (SIGTERM), then made to, and fails; so does one that prints more than 1 MiB.
Result<ChildEnd> run_child(const std::vector<std::string>& command,
                           std::chrono::milliseconds limit);

} // namespace plugtone::doctor
