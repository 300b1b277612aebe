#include "core/formats/gs_xml.hpp"

#include "core/base/text.hpp"
#include "core/classes/parameter_xml.hpp"
#include "core/formats/gs_provision.hpp"

namespace plugtone {

bool looks_like_xml(ByteView bytes) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    std::string_view text = as_text(bytes);
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    return trim(text).starts_with('<');
}

Result<XmlVersion> gs_xml_version(const std::string& name, ByteView bytes) {
    const auto opened = open_gs_provision(name, bytes);
    return opened ? Result<XmlVersion>(opened->version) : tl::unexpected(opened.error());
}

Result<std::string> render_gs_xml(const GsDocument& document) {
    std::string settings;
    for (const auto& [name, value] : document.parameters) {
        if (auto good = check_parameter_value(name, value); !good)
            return tl::unexpected(good.error());
        const std::string element = name.text();
        settings.append("<").append(element).append(">");
        append_escaped(settings, value);
        settings.append("</").append(element).append(">\n");
    }
    return close_gs_provision(document.mac, XmlVersion::parameters, settings);
}

Result<GsDocument> parse_gs_xml(const std::string& name, ByteView bytes) {
    const auto opened = open_gs_provision(name, bytes);
    if (!opened)
        return tl::unexpected(opened.error());
    if (opened->version != XmlVersion::parameters)
        return opened->source.fail_at(opened->config, "want <config> of version 1 (P-values); this "
                                                      "one has alias names");
    GsDocument document{opened->mac, {}};
    if (auto good = read_parameters(opened->source, opened->config, document.parameters); !good)
        return tl::unexpected(good.error());
    return document;
}

} // namespace plugtone
