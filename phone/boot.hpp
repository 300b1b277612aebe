// One boot of the phone from the lease to the last file. Blocks; one thread.
#pragma once

#include <functional>
#include <string>

#include "phone/report.hpp"
#include "phone/settings.hpp"

namespace plugtone {

// say: takes each line of the story as it happens. stop: once true, the boot ends as failed, with
// everything given back. Fails only by what the report says.
BootReport boot(const Settings& settings, const std::function<void(const std::string&)>& say,
                bool (*stop)());

} // namespace plugtone
