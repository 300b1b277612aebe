// Reading a whole small file.
#pragma once

#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace plugtone {

// Fails with io (with not_found if the file does not exist), or with invalid when it is larger than
// size_max.
Result<Bytes> read_file(const std::string& path, std::size_t size_max);

} // namespace plugtone
