// The XML configuration file, version 2, that newer firmware reads (facts, section 7): <config
// version="2">, with words for numbers: <item name="account.1.sip"><part
// name="userid">201</part></item>, or <item name="account.1.sip.userid">201</item>.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/classes/dictionary.hpp"

namespace plugtone {

using AliasSet = std::map<std::string, std::string>; // alias path → value, as it stands in the file

struct GsAliasDocument {
    std::optional<Mac> mac; // if present, the device compares it with its own
    AliasSet items;

    bool operator==(const GsAliasDocument&) const = default;
};

// Item and part, as the vendor's own export has it. The same document gives the same bytes. Refuses
// values that XML cannot carry, and paths that are none.
Result<std::string> render_gs_alias_xml(const GsAliasDocument& document);
// Reads both forms; refuses other elements, and a path that stands twice, with the line.
Result<GsAliasDocument> parse_gs_alias_xml(const std::string& name, ByteView bytes);

// Between numbers and alias paths, values and words, as the family's types have them. Refuse what
// has no other name in the dictionary.
Result<AliasSet> to_aliases(const ParameterSet& parameters, const Dictionary& dictionary,
                            std::string_view family);
Result<ParameterSet> from_aliases(const AliasSet& items, const Dictionary& dictionary,
                                  std::string_view family);

} // namespace plugtone
