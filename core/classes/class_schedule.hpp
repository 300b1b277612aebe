// The parts <schedule> and <resync> of a class file: when a class's devices ask, and how they are
// told to. For class_file.cpp only.
#pragma once

#include "core/base/result.hpp"
#include "core/base/xml_source.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

Done read_schedule(const XmlSource& source, pugi::xml_node node, DeviceClass& made);
Done read_resync(const XmlSource& source, pugi::xml_node node, DeviceClass& made);

} // namespace plugtone
