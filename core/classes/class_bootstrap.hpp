// The part <bootstrap> of a class file: how a new device learns its XML password. For
// class_file.cpp only.
#pragma once

#include "core/base/result.hpp"
#include "core/base/xml_source.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

Done read_bootstrap(const XmlSource& source, pugi::xml_node node, DeviceClass& made);
// That the other parts of the class go with it, once all have been read.
Done settle_bootstrap(const XmlSource& source, pugi::xml_node node, const DeviceClass& made);

} // namespace plugtone
