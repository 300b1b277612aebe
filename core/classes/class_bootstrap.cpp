#include "core/classes/class_bootstrap.hpp"

#include <algorithm>

#include "core/base/duration.hpp"
#include "core/base/text.hpp"

namespace plugtone {

Done read_bootstrap(const XmlSource& source, pugi::xml_node node, DeviceClass& made) {
    if (auto good = source.only_attributes(node, {"rule", "window"}); !good)
        return good;
    if (auto good = source.only_elements(node, {}); !good)
        return good;
    const std::string_view name = node.attribute("rule").value();
    const auto rule = bootstrap_rule_named(name);
    if (!rule)
        return source.fail_at(node, "rule: want none, binary or certificate, got '" +
                                        printable(name) + "'");
    made.bootstrap.rule = *rule;
    if (const pugi::xml_attribute window = node.attribute("window")) {
        const auto seconds = parse_duration(window.value());
        if (!seconds)
            return source.fail_at(node, "window: " + seconds.error().message);
        if (*rule != BootstrapRule::binary)
            return source.fail_at(node, "window: only the rule binary has one");
        made.bootstrap.window_s = *seconds;
    }
    return {};
}

Done settle_bootstrap(const XmlSource& source, pugi::xml_node node, const DeviceClass& made) {
    if (made.bootstrap.rule != BootstrapRule::certificate)
        return {};
    const pugi::xml_node part = node.child("bootstrap");
    if (!made.client_certificates)
        return source.fail_at(part, "rule certificate: <access> has no <client-certificates>: "
                                    "nobody could ever read the file");
    const auto has_binary = [](const FileRule& file) {
        return file.form == FileForm::binary || file.form == FileForm::legacy;
    };
    if (std::any_of(made.names.files.begin(), made.names.files.end(), has_binary))
        return source.fail_at(part, "rule certificate: the class has a binary <file> of its own, "
                                    "which would hold the XML password for good: take it out, or "
                                    "take the rule binary");
    return {};
}

} // namespace plugtone
