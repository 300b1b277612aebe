// The parts <names> and <formats> of a class file: what a device's files are called and how they
// are made. For class_file.cpp only.
#pragma once

#include "core/base/result.hpp"
#include "core/base/xml_source.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

Done read_names(const XmlSource& source, pugi::xml_node node, DeviceClass& made);
Done read_formats(const XmlSource& source, pugi::xml_node node, DeviceClass& made);

// Once the whole class has been read. What <names> has as prefixes and postfixes becomes the
// class's P232 to P235: what a device is told to ask for and what is published is one thing.
// Refuses what contradicts itself.
Done settle_names(const XmlSource& source, pugi::xml_node node, DeviceClass& made);

} // namespace plugtone
