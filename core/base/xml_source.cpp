#include "core/base/xml_source.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

bool is_text(pugi::xml_node node) {
    return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

std::string listed(std::initializer_list<std::string_view> names) {
    std::string text;
    for (const std::string_view name : names)
        text += (text.empty() ? "" : ", ") + std::string(name);
    return text.empty() ? "none" : text;
}

bool among(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

Result<XmlSource> XmlSource::parse(std::string name, ByteView bytes) {
    XmlSource source(std::move(name), std::string(as_text(bytes)));
    if (const auto bad = first_illegal_xml_byte(source.text_))
        return fail(source.place_of_offset(*bad) +
                    ": not UTF-8, or a control character that XML forbids");
    const auto parsed = source.document_->load_buffer(source.text_.data(), source.text_.size(),
                                                      pugi::parse_default | pugi::parse_ws_pcdata,
                                                      pugi::encoding_utf8);
    if (!parsed)
        return fail(source.place_of_offset(
                        static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, parsed.offset))) +
                    ": " + parsed.description());
    const auto roots =
        std::count_if(source.document_->begin(), source.document_->end(),
                      [](pugi::xml_node n) { return n.type() == pugi::node_element; });
    if (roots != 1)
        return fail(source.name_ + ": want one root element, got " + std::to_string(roots));
    return source;
}

std::string XmlSource::place_of_offset(std::size_t offset) const {
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text_.size()));
    return name_ + ":" + std::to_string(1 + std::count(text_.begin(), end, '\n'));
}

std::string XmlSource::place(pugi::xml_node node) const {
    return place_of_offset(
        static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, node.offset_debug())));
}

tl::unexpected<Error> XmlSource::fail_at(pugi::xml_node node, const std::string& message) const {
    return fail(place(node) + ": " + message);
}

Done XmlSource::only_attributes(pugi::xml_node node,
                                std::initializer_list<std::string_view> names) const {
    std::string seen = ",";
    for (const pugi::xml_attribute attribute : node.attributes()) {
        const std::string_view name = attribute.name();
        if (!among(name, names))
            return fail_at(node, "<" + std::string(node.name()) + "> has the unknown attribute '" +
                                     printable(name) + "'; known: " + listed(names));
        if (seen.find("," + std::string(name) + ",") != std::string::npos)
            return fail_at(node, "<" + std::string(node.name()) + "> has the attribute '" +
                                     printable(name) + "' twice");
        seen += std::string(name) + ",";
    }
    return {};
}

Done XmlSource::only_elements(pugi::xml_node node,
                              std::initializer_list<std::string_view> names) const {
    for (const pugi::xml_node child : node.children()) {
        if (is_text(child)) {
            if (!trim(child.value()).empty())
                return fail_at(node, "<" + std::string(node.name()) + "> holds the stray text '" +
                                         printable(trim(child.value())) + "'");
        } else if (!among(child.name(), names)) {
            return fail_at(child, "<" + printable(child.name()) + "> is unknown in <" +
                                      std::string(node.name()) + ">; known: " + listed(names));
        }
    }
    return {};
}

Result<std::string> XmlSource::text_of(pugi::xml_node node) const {
    std::string text;
    for (const pugi::xml_node child : node.children()) {
        if (!is_text(child))
            return fail_at(child, "<" + std::string(node.name()) + "> wants text only, got <" +
                                      printable(child.name()) + ">");
        text += child.value();
    }
    return text;
}

} // namespace plugtone
