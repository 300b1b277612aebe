#include "core/classes/class_access.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

using Node = pugi::xml_node;

constexpr std::string_view mac_place = "{mac}";

Result<std::string> read_file_name(const XmlSource& source, Node node, const char* name) {
    const std::string value = node.attribute(name).value();
    const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
    if (!plain || value.starts_with('.'))
        return source.fail_at(node, std::string(name) +
                                        ": want a file's basic name (letters, digits, '-', '_', "
                                        "'.'), got '" +
                                        printable(value) + "'");
    return value;
}

Result<ClientCertificates::Field> read_field(const XmlSource& source, Node node) {
    using Field = ClientCertificates::Field;
    const std::string_view value = node.attribute("in").as_string("common-name");
    if (value == "common-name")
        return Field::common_name;
    if (value == "subject-alt-name")
        return Field::subject_alt_name;
    if (value == "serial")
        return Field::serial;
    return source.fail_at(node, "in: want common-name, subject-alt-name or serial, got '" +
                                    printable(value) + "'");
}

Done read_certificates(const XmlSource& source, Node node, DeviceClass& made) {
    if (auto good = source.only_attributes(node, {"anchors", "revoked", "in", "pattern"}); !good)
        return good;
    if (auto good = source.only_elements(node, {}); !good)
        return good;
    const auto anchors = read_file_name(source, node, "anchors");
    const auto revoked = read_file_name(source, node, "revoked");
    const auto field = read_field(source, node);
    if (!anchors || !revoked)
        return tl::unexpected(anchors ? revoked.error() : anchors.error());
    if (!field)
        return tl::unexpected(field.error());
    ClientCertificates rule{*anchors, *revoked, *field,
                            node.attribute("pattern").as_string("{mac}")};
    if (rule.anchors.empty())
        rule.anchors = made.name + ".pem";
    const std::size_t place = rule.pattern.find(mac_place);
    if (place == std::string::npos || rule.pattern.find(mac_place, place + 1) != std::string::npos)
        return source.fail_at(node, "pattern: want {mac} in it, once, got '" +
                                        printable(rule.pattern) + "'");
    made.client_certificates = std::move(rule);
    return {};
}

} // namespace

Done read_access(const XmlSource& source, Node node, DeviceClass& made) {
    if (auto good = source.only_attributes(node, {"rule", "http-auth", "legacy-tls"}); !good)
        return good;
    if (auto good = source.only_elements(node, {"client-certificates"}); !good)
        return good;
    const std::string_view rule_name = node.attribute("rule").as_string("lease");
    const auto rule = access_rule_named(rule_name);
    if (!rule)
        return source.fail_at(node, "rule: want open, lease or certificate, got '" +
                                        printable(rule_name) + "'");
    const std::string_view auth_name = node.attribute("http-auth").as_string("none");
    const auto auth = http_auth_named(auth_name);
    if (!auth)
        return source.fail_at(node, "http-auth: want none, basic or digest, got '" +
                                        printable(auth_name) + "'");
    const auto legacy = source.flag(node, "legacy-tls", false);
    if (!legacy)
        return tl::unexpected(legacy.error());
    made.access = *rule;
    made.http_auth = *auth;
    made.legacy_tls = *legacy;
    const Node certificates = node.child("client-certificates");
    if (certificates.next_sibling("client-certificates"))
        return source.fail_at(certificates.next_sibling("client-certificates"),
                              "<client-certificates> stands twice");
    return certificates ? read_certificates(source, certificates, made) : Done{};
}

} // namespace plugtone
