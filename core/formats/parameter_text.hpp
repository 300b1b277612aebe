// The vendor's text templates (the guide, "Configuration Parameters"): "P271 = 1" a line, "#"
// begins a comment line, blank lines are free.
#pragma once

#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

// Largest template, bytes.
inline constexpr std::size_t parameter_text_size_max = std::size_t{4} << 20U;

// Blanks around names and values are not part of them, as in the vendor's generator. Refused whole,
// with FILE:LINE, if a line is neither, or a parameter stands twice.
Result<ParameterSet> parse_parameter_text(const std::string& name, ByteView bytes);

// A line for each parameter, in numeric order. Refuses values that a line cannot carry: line ends,
// and blanks at either end.
Result<std::string> render_parameter_text(const ParameterSet& parameters);

} // namespace plugtone
