#include "core/formats/gs_xml.hpp"

#include "core/base/text.hpp"
#include "core/base/xml_source.hpp"
#include "core/classes/parameter_xml.hpp"

namespace plugtone {

namespace {

// A carriage return is written as a number: a reader turns a bare one into a line feed (XML 1.0,
// section 2.11).
std::string escaped(std::string_view value) {
    std::string text;
    for (const char character : value) {
        switch (character) {
        case '&':
            text += "&amp;";
            break;
        case '<':
            text += "&lt;";
            break;
        case '>':
            text += "&gt;";
            break;
        case '"':
            text += "&quot;";
            break;
        case '\'':
            text += "&apos;";
            break;
        case '\r':
            text += "&#13;";
            break;
        default:
            text += character;
        }
    }
    return text;
}

Done check_version(const XmlSource& source, pugi::xml_node node) {
    if (auto good = source.only_attributes(node, {"version"}); !good)
        return good;
    const std::string_view version = node.attribute("version").as_string("1");
    if (version != "1")
        return source.fail_at(node, "want version 1, got '" + printable(version) + "'");
    return {};
}

Done read_mac(const XmlSource& source, pugi::xml_node element, std::optional<Mac>& into) {
    if (const pugi::xml_node second = element.next_sibling("mac"))
        return source.fail_at(second, "<mac> stands twice");
    const auto text = source.text_of(element);
    if (!text)
        return tl::unexpected(text.error());
    const auto mac = Mac::parse(trim(*text));
    if (!mac)
        return source.fail_at(element, mac.error().message);
    into = *mac;
    return {};
}

Done read_config(const XmlSource& source, pugi::xml_node config, ParameterSet& into) {
    if (auto good = check_version(source, config); !good)
        return good;
    return read_parameters(source, config, into);
}

} // namespace

bool looks_like_xml(ByteView bytes) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    std::string_view text = as_text(bytes);
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    return trim(text).starts_with('<');
}

Result<std::string> render_gs_xml(const GsDocument& document) {
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<gs_provision version=\"1\">\n";
    if (document.mac)
        text += "<mac>" + document.mac->text() + "</mac>\n";
    text += "<config version=\"1\">\n";
    for (const auto& [name, value] : document.parameters) {
        if (auto good = check_parameter_value(name, value); !good)
            return tl::unexpected(good.error());
        const std::string element = name.text();
        text += "<" + element + ">" + escaped(value) + "</" + element + ">\n";
    }
    text += "</config>\n</gs_provision>\n";
    return text;
}

Result<GsDocument> parse_gs_xml(const std::string& name, ByteView bytes) {
    const auto source = XmlSource::parse(name, bytes);
    if (!source)
        return tl::unexpected(source.error());
    const pugi::xml_node root = source->root();
    if (std::string_view(root.name()) != "gs_provision")
        return source->fail_at(root, "want <gs_provision>, got <" + printable(root.name()) + ">");
    if (auto good = source->only_elements(root, {"mac", "config"}); !good)
        return tl::unexpected(good.error());
    const pugi::xml_node config = root.child("config");
    if (!config || config.next_sibling("config"))
        return source->fail_at(root, "want one <config>");
    if (auto good = check_version(*source, root); !good)
        return tl::unexpected(good.error());
    GsDocument document;
    if (const pugi::xml_node element = root.child("mac"))
        if (auto good = read_mac(*source, element, document.mac); !good)
            return tl::unexpected(good.error());
    if (auto good = read_config(*source, config, document.parameters); !good)
        return tl::unexpected(good.error());
    return document;
}

} // namespace plugtone
