// The XML configuration file, version 1 (the guide, "XML Provisioning Schema"): <config> with one
// element for each P-value. Version 2 is gs_alias_xml.hpp.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/classes/device_class.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

struct GsDocument {
    std::optional<Mac> mac; // if present, the device compares it with its own
    ParameterSet parameters;

    bool operator==(const GsDocument&) const = default;
};

// By its first character: neither an encrypted file nor a binary one begins so.
bool looks_like_xml(ByteView bytes);
// Refuses what neither version's reader would take, but for the settings themselves.
Result<XmlVersion> gs_xml_version(const std::string& name, ByteView bytes);

// The same document gives the same bytes. Refuses values that XML cannot carry.
Result<std::string> render_gs_xml(const GsDocument& document);

// Reads what the guide shows and what render_gs_xml writes; refuses other elements, with the line.
Result<GsDocument> parse_gs_xml(const std::string& name, ByteView bytes);

} // namespace plugtone
