// The program without its command line: serves until SIGTERM or SIGINT.
#pragma once

#include "core/base/result.hpp"
#include "tftpd/settings.hpp"

namespace plugtone::tftpd {

// Returns when it was asked to end and the open transfers are over (or Settings::drain_seconds are,
// or it was asked twice). Fails when it cannot begin.
Done serve(const Settings& settings);

} // namespace plugtone::tftpd
