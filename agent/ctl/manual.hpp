// The verbs as troff, for plugtonectl(1): made from the parser's own declaration, so that no page
// is behind the program.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace plugtone::ctl {

std::string manual_of_verbs(const CLI::App& app);

} // namespace plugtone::ctl
