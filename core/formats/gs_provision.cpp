#include "core/formats/gs_provision.hpp"

#include "core/base/text.hpp"

namespace plugtone {

namespace {

Result<XmlVersion> read_version(const XmlSource& source, pugi::xml_node node) {
    if (auto good = source.only_attributes(node, {"version"}); !good)
        return tl::unexpected(good.error());
    const std::string_view version = node.attribute("version").as_string("1");
    if (version == "1")
        return XmlVersion::parameters;
    if (version == "2")
        return XmlVersion::aliases;
    return source.fail_at(node, "want version 1 or 2, got '" + printable(version) + "'");
}

Result<Mac> read_mac(const XmlSource& source, pugi::xml_node element) {
    if (const pugi::xml_node second = element.next_sibling("mac"))
        return source.fail_at(second, "<mac> stands twice");
    const auto text = source.text_of(element);
    if (!text)
        return tl::unexpected(text.error());
    const auto mac = Mac::parse(trim(*text));
    return mac ? mac : source.fail_at(element, mac.error().message);
}

} // namespace

Result<GsProvision> open_gs_provision(const std::string& name, ByteView bytes) {
    auto source = XmlSource::parse(name, bytes);
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
    const auto outer = read_version(*source, root);
    if (!outer)
        return tl::unexpected(outer.error());
    if (*outer != XmlVersion::parameters)
        return source->fail_at(root, "want <gs_provision> of version 1");
    const auto version = read_version(*source, config);
    if (!version)
        return tl::unexpected(version.error());
    std::optional<Mac> mac;
    if (const pugi::xml_node element = root.child("mac")) {
        const auto read = read_mac(*source, element);
        if (!read)
            return tl::unexpected(read.error());
        mac = *read;
    }
    return GsProvision{*std::move(source), mac, config, *version};
}

std::string close_gs_provision(const std::optional<Mac>& mac, XmlVersion version,
                               std::string_view settings) {
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<gs_provision version=\"1\">\n";
    if (mac)
        text += "<mac>" + mac->text() + "</mac>\n";
    text += "<config version=\"";
    text += version == XmlVersion::parameters ? '1' : '2';
    text += "\">\n";
    text += settings;
    text += "</config>\n</gs_provision>\n";
    return text;
}

// A carriage return is written as a number: a reader turns a bare one into a line feed (XML 1.0,
// section 2.11).
void append_escaped(std::string& text, std::string_view value) {
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
}

} // namespace plugtone
