#include "core/classes/class_file.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/base/xml_source.hpp"
#include "core/classes/class_access.hpp"
#include "core/classes/class_bootstrap.hpp"
#include "core/classes/class_names.hpp"
#include "core/classes/class_offer.hpp"
#include "core/classes/class_schedule.hpp"
#include "core/classes/parameter_xml.hpp"

namespace plugtone {

namespace {

using Node = pugi::xml_node;

Done read_defaults(const XmlSource& source, Node node, ParameterSet& into) {
    if (auto good = source.only_attributes(node, {}); !good)
        return good;
    return read_parameters(source, node, into);
}

// vendor-class="…" (exact), vendor-class-prefix="…" or vendor-class-glob="…"; at most one of them.
Done read_pattern(const XmlSource& source, Node node, const std::string& name,
                  std::optional<TextPattern>& into) {
    static constexpr std::array<std::pair<const char*, TextMatch>, 3> forms = {
        {{"", TextMatch::exact}, {"-prefix", TextMatch::prefix}, {"-glob", TextMatch::glob}}};
    for (const auto& [suffix, how] : forms) {
        const pugi::xml_attribute attribute = node.attribute((name + suffix).c_str());
        if (!attribute)
            continue;
        if (into)
            return source.fail_at(node, name + ": want one of exact, -prefix and -glob");
        if (*attribute.value() == '\0')
            return source.fail_at(node, name + suffix + ": want some text");
        into = TextPattern{how, attribute.value()};
    }
    return {};
}

Done read_mac_conditions(const XmlSource& source, Node node, MatchRule& rule) {
    const auto refuse_oui = [&](std::string_view got) {
        return source.fail_at(node, "oui: want 6 hex digits such as 000b82, got '" +
                                        printable(got) + "'");
    };
    const pugi::xml_attribute ouis = node.attribute("oui");
    if (ouis && trim(ouis.value()).empty())
        return refuse_oui(ouis.value());
    for (const std::string_view word : words(ouis.value())) {
        const auto bytes = from_hex(word);
        if (!bytes || bytes->size() != 3)
            return refuse_oui(word);
        const auto& oui = *bytes;
        rule.ouis.push_back(static_cast<std::uint32_t>((oui[0] << 16) | (oui[1] << 8) | oui[2]));
    }
    if (const pugi::xml_attribute range = node.attribute("mac-range")) {
        const auto parsed = MacRange::parse(range.value());
        if (!parsed)
            return source.fail_at(node, "mac-range: " + parsed.error().message);
        rule.mac_range = *parsed;
    }
    return {};
}

Result<MatchRule> read_match(const XmlSource& source, Node node) {
    MatchRule rule;
    Done good = source.only_attributes(
        node, {"vendor-class", "vendor-class-prefix", "vendor-class-glob", "user-class",
               "user-class-prefix", "user-class-glob", "user-agent", "user-agent-prefix",
               "user-agent-glob", "host-name", "host-name-prefix", "host-name-glob", "kea-class",
               "oui", "mac-range"});
    if (good)
        good = source.only_elements(node, {});
    if (good)
        good = read_pattern(source, node, "vendor-class", rule.vendor_class);
    if (good)
        good = read_pattern(source, node, "user-class", rule.user_class);
    if (good)
        good = read_pattern(source, node, "user-agent", rule.user_agent);
    if (good)
        good = read_pattern(source, node, "host-name", rule.host_name);
    rule.kea_class = node.attribute("kea-class").value();
    if (good && node.attribute("kea-class") && rule.kea_class.empty())
        good = source.fail_at(node, "kea-class: want the name of a client class of Kea's");
    if (good)
        good = read_mac_conditions(source, node, rule);
    if (!good)
        return tl::unexpected(good.error());
    if (rule == MatchRule{})
        return source.fail_at(node, "<match> has no condition: it would take every device");
    return rule;
}

// The only-once children of <class>, and who reads each.
using Reader = Done (*)(const XmlSource&, Node, DeviceClass&);
constexpr std::array<std::pair<const char*, Reader>, 7> parts = {{{"offer", read_offer},
                                                                  {"schedule", read_schedule},
                                                                  {"resync", read_resync},
                                                                  {"names", read_names},
                                                                  {"formats", read_formats},
                                                                  {"access", read_access},
                                                                  {"bootstrap", read_bootstrap}}};

Done read_parts(const XmlSource& source, Node node, DeviceClass& made) {
    for (const auto& [name, read] : parts) {
        const Node part = node.child(name);
        if (part.next_sibling(name))
            return source.fail_at(part.next_sibling(name),
                                  "<" + std::string(name) + "> stands twice");
        if (!part)
            continue;
        if (auto good = read(source, part, made); !good)
            return good;
    }
    for (const Node match : node.children("match")) {
        auto rule = read_match(source, match);
        if (!rule)
            return tl::unexpected(rule.error());
        made.matches.push_back(std::move(*rule));
    }
    for (const Node defaults : node.children("defaults"))
        if (auto good = read_defaults(source, defaults, made.defaults); !good)
            return good;
    if (made.matches.empty())
        return source.fail_at(node,
                              "class '" + made.name + "' has no <match>: no device could be of it");
    if (made.url.empty())
        return source.fail_at(node, "class '" + made.name + "' has no <offer url=…>");
    return {};
}

Result<DeviceClass> read_class(const XmlSource& source, Node node,
                               const DeviceClass& vendor_layer) {
    DeviceClass made = vendor_layer;
    if (auto good = source.only_attributes(node, {"name", "title", "family"}); !good)
        return tl::unexpected(good.error());
    if (auto good = source.only_elements(node, {"match", "offer", "names", "formats", "access",
                                                "bootstrap", "schedule", "resync", "defaults"});
        !good)
        return tl::unexpected(good.error());
    made.name = node.attribute("name").value();
    made.title = node.attribute("title").value();
    made.family = node.attribute("family").value();
    made.origin = source.place(node);
    const bool plain = std::all_of(made.name.begin(), made.name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (made.name.empty() || made.name.size() > 64 || !plain)
        return source.fail_at(node, "name: want up to 64 of a-z, 0-9 and '-', got '" +
                                        printable(made.name) + "'");
    if (auto good = read_parts(source, node, made); !good)
        return tl::unexpected(good.error());
    if (auto good = settle_names(source, node, made); !good)
        return tl::unexpected(good.error());
    if (auto good = settle_bootstrap(source, node, made); !good)
        return tl::unexpected(good.error());
    return made;
}

} // namespace

Result<std::vector<DeviceClass>> parse_class_file(const std::string& name, ByteView bytes) {
    if (bytes.size() > class_file_size_max)
        return fail(name + ": want at most " + std::to_string(class_file_size_max) +
                    " bytes, got " + std::to_string(bytes.size()));
    const auto source = XmlSource::parse(name, bytes);
    if (!source)
        return tl::unexpected(source.error());
    const Node root = source->root();
    if (std::string_view(root.name()) != "device-classes")
        return source->fail_at(root, "want <device-classes>, got <" + printable(root.name()) + ">");
    if (auto good = source->only_attributes(root, {"vendor"}); !good)
        return tl::unexpected(good.error());
    if (auto good = source->only_elements(root, {"defaults", "class"}); !good)
        return tl::unexpected(good.error());
    DeviceClass vendor_layer;
    vendor_layer.vendor = root.attribute("vendor").value();
    if (vendor_layer.vendor.empty())
        return source->fail_at(root, "vendor: want the vendor's name");
    for (const Node defaults : root.children("defaults"))
        if (auto good = read_defaults(*source, defaults, vendor_layer.vendor_defaults); !good)
            return tl::unexpected(good.error());
    std::vector<DeviceClass> classes;
    for (const Node node : root.children("class")) {
        auto made = read_class(*source, node, vendor_layer);
        if (!made)
            return tl::unexpected(made.error());
        for (const DeviceClass& earlier : classes)
            if (earlier.name == made->name)
                return source->fail_at(node, "class '" + made->name + "' stands twice, first at " +
                                                 earlier.origin);
        classes.push_back(std::move(*made));
    }
    return classes;
}

} // namespace plugtone
