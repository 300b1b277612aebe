// The part <access> of a class file: who may read a device's files, and what it must show. For
// class_file.cpp only.
#pragma once

#include "core/base/result.hpp"
#include "core/base/xml_source.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

Done read_access(const XmlSource& source, pugi::xml_node node, DeviceClass& made);

} // namespace plugtone
