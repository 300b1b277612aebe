// One file of the parameter dictionary, read whole or refused whole with file, line and reason.
// docs/parameters.md has the form.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/classes/dictionary.hpp"

namespace plugtone {

// Largest dictionary file, bytes.
inline constexpr std::size_t dictionary_file_size_max = std::size_t{4} << 20U;

// name: for messages and ParameterDefinition::origin. Every preset is a value of its type. That
// numbers and names stand only once is the dictionary's matter.
Result<std::vector<ParameterDefinition>> parse_dictionary_file(const std::string& name,
                                                               ByteView bytes);

} // namespace plugtone
