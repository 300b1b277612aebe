#include "agent/composer.hpp"

#include <set>

#include "core/names/owner.hpp"
#include "core/names/shelf.hpp"

namespace plugtone {

namespace {

const ParameterName& xml_password_parameter() {
    static const ParameterName name = ParameterName::parse("P1359").value();
    return name;
}

std::string path_on(const Shelf& shelf, std::string_view basic_name) {
    return shelf.folder() + "/" + std::string(basic_name);
}

Result<Shelf> config_shelf(const DeviceClass& device_class) {
    return Shelf::make(device_class.names.config_prefix, device_class.names.config_postfix);
}

} // namespace

Done check_settable(const ParameterName& name) {
    if (name == xml_password_parameter())
        return fail(ErrorKind::refused,
                    "P1359 is the XML password, which the agent makes for each device; see it with "
                    "'plugtonectl device secret MAC'");
    return {};
}

ParameterSet compose(const SiteParameters& site, const DeviceClass& device_class,
                     const ParameterSet& device) {
    ParameterSet composed;
    for (const auto& [name, parameter] : site)
        composed.emplace(name, parameter.value);
    overlay(composed, device_class.vendor_defaults);
    overlay(composed, device_class.defaults);
    overlay(composed, device);
    return composed;
}

Result<std::vector<Document>> device_documents(const Device& device,
                                               const DeviceClass& device_class,
                                               const ParameterSet& composed) {
    if (!device_class.formats.xml)
        return std::vector<Document>{};
    if (composed.contains(xml_password_parameter()))
        return fail(device_class.origin + ": class " + device_class.name +
                    " sets P1359, the XML password: take it out");
    const auto shelf = config_shelf(device_class);
    if (!shelf)
        return fail_in("class " + device_class.name, shelf.error());
    Document document;
    document.path = path_on(*shelf, xml_config_name(device.mac));
    document.content.parameters = composed;
    if (device_class.formats.mac_element)
        document.content.mac = device.mac;
    const auto xml = render_gs_xml(document.content);
    if (!xml)
        return fail_in(device.mac.text(), xml.error());
    document.xml = *xml;
    if (device_class.formats.encrypted)
        document.password = device.xml_password;
    document.digest = device_class.formats.digest;
    document.salted = device_class.formats.salted;
    document.access = device_class.access;
    document.owner = device.mac;
    return std::vector{std::move(document)};
}

Result<std::vector<Document>> generic_documents(const SiteParameters& site,
                                                const ClassTable& classes) {
    GsDocument content;
    for (const auto& [name, parameter] : site)
        if (parameter.is_public)
            content.parameters.emplace(name, parameter.value);
    const auto xml = render_gs_xml(content);
    if (!xml)
        return fail_in("site", xml.error());
    // The shelf without prefix and postfix is there in any case: phones of no class ask, too.
    std::set<std::string> paths = {path_on(Shelf{}, generic_config_name)};
    for (const DeviceClass& device_class : classes.classes()) {
        const auto shelf = config_shelf(device_class);
        if (!shelf)
            return fail_in("class " + device_class.name, shelf.error());
        paths.insert(path_on(*shelf, generic_config_name));
    }
    std::vector<Document> documents;
    for (const std::string& path : paths) {
        Document document;
        document.path = path;
        document.content = content;
        document.xml = *xml;
        documents.push_back(std::move(document));
    }
    return documents;
}

} // namespace plugtone
