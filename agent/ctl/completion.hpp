// Completion of plugtonectl's verbs and options for a shell: a script made from the command line's
// own declaration, so that there is no second list of them.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "core/base/result.hpp"

namespace plugtone::ctl {

// shell: bash, zsh or fish. Fails with invalid for any other.
Result<std::string> completion_script(const CLI::App& app, const std::string& shell);

} // namespace plugtone::ctl
