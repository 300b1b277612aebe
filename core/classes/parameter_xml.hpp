// Parameters as elements, <P270>Desk</P270>: in the <defaults> of a class file and in the <config>
// of a configuration file. For core's readers only.
#pragma once

#include "core/base/result.hpp"
#include "core/base/xml_source.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

// Adds the element's children; refuses what is no parameter, stands twice or could not be written
// back.
Done read_parameters(const XmlSource& source, pugi::xml_node node, ParameterSet& into);

} // namespace plugtone
