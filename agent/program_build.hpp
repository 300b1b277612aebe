// Which build of this program runs.
#pragma once

#include <string>

namespace plugtone {

// The linker's build id, in hex; empty: it gave none. Any thread.
std::string program_build();

} // namespace plugtone
