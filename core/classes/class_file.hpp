// One file of device classes, read whole or refused whole with file, line and reason.
// docs/classes.md has the form.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

// Largest class file, bytes.
inline constexpr std::size_t class_file_size_max = std::size_t{1} << 20U;

// name: for messages and DeviceClass::origin.
Result<std::vector<DeviceClass>> parse_class_file(const std::string& name, ByteView bytes);

} // namespace plugtone
