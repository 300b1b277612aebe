#include "agent/class_object.hpp"

#include "agent/bus_errors.hpp"

namespace plugtone {

// "-" stands in no object path; sd-bus escapes it in this way, too.
sdbus::ObjectPath ClassObject::path_of(const std::string& class_name) {
    std::string path = std::string(root_path) + "/class/";
    for (const char character : class_name)
        path += character == '-' ? std::string("_2d") : std::string(1, character);
    return sdbus::ObjectPath(path);
}

ClassObject::ClassObject(sdbus::IConnection& connection, LongCalls& long_calls,
                         DeviceClass device_class, Operations& operations)
    : AdaptorInterfaces(connection, path_of(device_class.name)), long_calls_(long_calls),
      class_(std::move(device_class)), operations_(operations) {
    registerAdaptor();
    emitInterfacesAddedSignal();
}

ClassObject::~ClassObject() {
    if_there_is_a_bus([this] { emitInterfacesRemovedSignal(); });
    unregisterAdaptor();
}

std::string ClassObject::Name() {
    return class_.name;
}

std::string ClassObject::Title() {
    return class_.title;
}

std::string ClassObject::Vendor() {
    return class_.vendor;
}

std::string ClassObject::Origin() {
    return class_.origin;
}

std::string ClassObject::Url() {
    return class_.url;
}

std::vector<std::uint8_t> ClassObject::Options() {
    std::vector<std::uint8_t> codes;
    for (const OfferedOption& option : class_.options)
        codes.push_back(option.code);
    return codes;
}

std::string ClassObject::ConfigPrefix() {
    return class_.names.config_prefix;
}

std::string ClassObject::ConfigPostfix() {
    return class_.names.config_postfix;
}

std::vector<std::string> ClassObject::Firmware() {
    return class_.names.firmware;
}

std::string ClassObject::Access() {
    return std::string(access_rule_name(class_.access));
}

std::string ClassObject::HttpAuth() {
    return std::string(http_auth_name(class_.http_auth));
}

bool ClassObject::LegacyTls() {
    return class_.legacy_tls;
}

std::string ClassObject::ClientAnchors() {
    return class_.client_certificates ? class_.client_certificates->anchors : "";
}

std::string ClassObject::ClientRevoked() {
    return class_.client_certificates ? class_.client_certificates->revoked : "";
}

std::string ClassObject::Bootstrap() {
    return std::string(bootstrap_rule_name(class_.bootstrap.rule));
}

std::map<std::string, std::string> ClassObject::Defaults() {
    ParameterSet defaults = class_.vendor_defaults;
    overlay(defaults, class_.defaults);
    return to_bus(defaults);
}

std::string ClassObject::Family() {
    return class_.family;
}

std::vector<std::string> ClassObject::Models() {
    return class_.names.models;
}

std::map<std::string, std::string> ClassObject::Files() {
    std::map<std::string, std::string> files;
    for (const FileRule& file : class_.names.files)
        files.emplace(file.name, file_form_name(file.form));
    return files;
}

BusShared ClassObject::Parameters(const bool& reveal) {
    return answer([&] {
        return to_bus(operations_.inventory().shared(class_.name),
                      operations_.pipeline().dictionary(), reveal);
    });
}

void ClassObject::Set(sdbus::Result<std::vector<std::string>>&& result,
                      std::map<std::string, std::string> parameters, bool is_public) {
    long_calls_.add(std::move(result), [&operations = operations_, name = class_.name,
                                        parameters = std::move(parameters), is_public] {
        return value_or_throw(operations.set_shared(name, parameters, is_public));
    });
}

void ClassObject::Unset(sdbus::Result<>&& result, std::vector<std::string> names) {
    long_calls_.add(std::move(result),
                    [&operations = operations_, name = class_.name, names = std::move(names)] {
                        done_or_throw(operations.unset_shared(name, names));
                    });
}

} // namespace plugtone
