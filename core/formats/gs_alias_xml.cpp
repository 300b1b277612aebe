#include "core/formats/gs_alias_xml.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/formats/gs_provision.hpp"

namespace plugtone {

namespace {

constexpr std::size_t path_size_max = 128;

bool is_path(std::string_view path) {
    return !path.empty() && path.size() <= path_size_max && path.front() != '.' &&
           path.back() != '.' && path.find("..") == std::string_view::npos &&
           std::all_of(path.begin(), path.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_';
           });
}

Done put(const XmlSource& source, pugi::xml_node node, const std::string& path, AliasSet& into) {
    if (!is_path(path))
        return source.fail_at(node, "name: want words with '.' between them, such as "
                                    "account.1.enable, got '" +
                                        printable(path) + "'");
    const auto value = source.text_of(node);
    if (!value)
        return tl::unexpected(value.error());
    if (value->size() > parameter_value_size_max)
        return source.fail_at(node, path + ": want at most " +
                                        std::to_string(parameter_value_size_max) + " bytes, got " +
                                        std::to_string(value->size()));
    if (!into.emplace(path, *value).second)
        return source.fail_at(node, path + " stands twice");
    return {};
}

Done read_item(const XmlSource& source, pugi::xml_node item, AliasSet& into) {
    if (auto good = source.only_attributes(item, {"name"}); !good)
        return good;
    const std::string name = item.attribute("name").value();
    if (!item.child("part"))
        return put(source, item, name, into);
    if (auto good = source.only_elements(item, {"part"}); !good)
        return good;
    for (const pugi::xml_node part : item.children("part")) {
        if (auto good = source.only_attributes(part, {"name"}); !good)
            return good;
        if (auto good = put(source, part, name + "." + part.attribute("name").value(), into); !good)
            return good;
    }
    return {};
}

void append_element(std::string& text, std::string_view element, std::string_view name,
                    std::string_view value) {
    text.append("<").append(element).append(" name=\"").append(name).append("\">");
    append_escaped(text, value);
    text.append("</").append(element).append(">\n");
}

} // namespace

Result<std::string> render_gs_alias_xml(const GsAliasDocument& document) {
    std::map<std::string_view, std::string> parts_of; // item → its lines
    std::string settings;
    for (const auto& [path, value] : document.items) {
        if (!is_path(path))
            return fail("alias '" + printable(path) + "': want words with '.' between them");
        if (const auto at = first_illegal_xml_byte(value))
            return fail(path + ": byte " + std::to_string(*at + 1) +
                        " is not a character that XML can carry");
        const std::size_t dot = path.rfind('.');
        if (dot == std::string::npos)
            append_element(settings, "item", path, value);
        else
            append_element(parts_of[std::string_view(path).substr(0, dot)], "part",
                           std::string_view(path).substr(dot + 1), value);
    }
    for (const auto& [item, parts] : parts_of)
        settings += "<item name=\"" + std::string(item) + "\">\n" + parts + "</item>\n";
    return close_gs_provision(document.mac, XmlVersion::aliases, settings);
}

Result<GsAliasDocument> parse_gs_alias_xml(const std::string& name, ByteView bytes) {
    const auto opened = open_gs_provision(name, bytes);
    if (!opened)
        return tl::unexpected(opened.error());
    const XmlSource& source = opened->source;
    if (opened->version != XmlVersion::aliases)
        return source.fail_at(opened->config,
                              "want <config> of version 2 (alias names); this one has P-values");
    if (auto good = source.only_elements(opened->config, {"item"}); !good)
        return tl::unexpected(good.error());
    GsAliasDocument document{opened->mac, {}};
    for (const pugi::xml_node item : opened->config.children("item"))
        if (auto good = read_item(source, item, document.items); !good)
            return tl::unexpected(good.error());
    return document;
}

Result<AliasSet> to_aliases(const ParameterSet& parameters, const Dictionary& dictionary,
                            std::string_view family) {
    AliasSet items;
    for (const auto& [number, value] : parameters) {
        const ParameterDefinition* definition = dictionary.find(number);
        if (definition == nullptr || definition->alias_path.empty())
            return fail(dictionary.label(number) +
                        ": the dictionary has no alias path (v2) for it, which a file of "
                        "xml-version 2 needs: add it in parameters.d, or unset it");
        const ParameterForm* form = definition->form_for(family);
        items.emplace(definition->alias_path, form == nullptr ? value : to_word(form->type, value));
    }
    return items;
}

Result<ParameterSet> from_aliases(const AliasSet& items, const Dictionary& dictionary,
                                  std::string_view family) {
    ParameterSet parameters;
    for (const auto& [path, word] : items) {
        const ParameterDefinition* definition = dictionary.find(path);
        if (definition == nullptr)
            return fail("'" + printable(path) + "' is in no dictionary");
        const ParameterForm* form = definition->form_for(family);
        if (!parameters
                 .emplace(definition->number, form == nullptr ? word : from_word(form->type, word))
                 .second)
            return fail("'" + printable(path) + "' is " + definition->number.text() +
                        ", which stands twice");
    }
    return parameters;
}

} // namespace plugtone
