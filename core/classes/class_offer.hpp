// The <offer> of a class: its URL and its DHCP options. For class_file.cpp only, whose <class> it
// stands in.
#pragma once

#include "core/base/result.hpp"
#include "core/base/xml_source.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

// Sets url and options of the class; refuses with FILE:LINE and the reason.
Done read_offer(const XmlSource& source, pugi::xml_node node, DeviceClass& made);

} // namespace plugtone
