#include "core/classes/parameter_xml.hpp"

namespace plugtone {

Done read_parameters(const XmlSource& source, pugi::xml_node node, ParameterSet& into) {
    if (auto good = source.no_stray_text(node); !good)
        return good;
    for (const pugi::xml_node child : node.children()) {
        if (child.type() != pugi::node_element)
            continue;
        if (auto good = source.only_attributes(child, {}); !good)
            return good;
        const auto name = ParameterName::parse(child.name());
        if (!name)
            return source.fail_at(child, name.error().message);
        const auto value = source.text_of(child);
        if (!value)
            return tl::unexpected(value.error());
        if (auto good = check_parameter_value(*name, *value); !good)
            return source.fail_at(child, good.error().message);
        if (!into.emplace(*name, *value).second)
            return source.fail_at(child, name->text() + " stands twice");
    }
    return {};
}

} // namespace plugtone
