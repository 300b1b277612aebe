// What both versions of the XML configuration file have around their settings (the guide, "XML
// Provisioning Schema"): <gs_provision version="1">, an optional <mac>, and one <config
// version="1|2">. For the readers and writers in this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/base/xml_source.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

struct GsProvision {
    XmlSource source;
    std::optional<Mac> mac;
    pugi::xml_node config;
    XmlVersion version = XmlVersion::parameters;
};

Result<GsProvision> open_gs_provision(const std::string& name, ByteView bytes);

// settings: the lines inside <config>.
std::string close_gs_provision(const std::optional<Mac>& mac, XmlVersion version,
                               std::string_view settings);

// For text between tags and inside double quotes.
void append_escaped(std::string& text, std::string_view value);

} // namespace plugtone
