#include "core/classes/class_file.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "core/base/ipv4.hpp"
#include "core/base/text.hpp"
#include "core/base/xml_source.hpp"
#include "core/classes/url_template.hpp"
#include "core/names/shelf.hpp"

namespace plugtone {

namespace {

using Node = pugi::xml_node;

// Codes that are the DHCP exchange itself (RFC 2132, RFC 3046): a class that set them would break
// leases.
constexpr std::array<std::uint8_t, 13> protocol_codes = {0,  50, 51, 52, 53, 54, 55,
                                                         57, 58, 59, 61, 82, 255};

Result<bool> read_flag(const XmlSource& source, Node node, const char* name, bool preset) {
    const pugi::xml_attribute attribute = node.attribute(name);
    const std::string_view value = attribute.value();
    if (!attribute)
        return preset;
    if (value != "yes" && value != "no")
        return source.fail_at(node, std::string(name) + ": want yes or no, got '" +
                                        printable(value) + "'");
    return value == "yes";
}

Done read_defaults(const XmlSource& source, Node node, ParameterSet& into) {
    if (auto good = source.only_attributes(node, {}); !good)
        return good;
    for (const Node child : node.children()) {
        if (child.type() != pugi::node_element) {
            if (!trim(child.value()).empty())
                return source.fail_at(node, "<defaults> holds stray text");
            continue;
        }
        const auto name = ParameterName::parse(child.name());
        if (!name)
            return source.fail_at(child, name.error().message);
        const auto value = source.text_of(child);
        if (!value)
            return tl::unexpected(value.error());
        if (auto good = check_parameter_value(*name, *value); !good)
            return source.fail_at(child, good.error().message);
        if (!into.emplace(*name, *value).second)
            return source.fail_at(child, name->text() + " stands twice");
    }
    return {};
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
    for (const std::string_view word : words(node.attribute("oui").value())) {
        const auto bytes = from_hex(word);
        if (!bytes || bytes->size() != 3)
            return source.fail_at(node, "oui: want 6 hex digits such as 000b82, got '" +
                                            printable(word) + "'");
        const auto& oui = *bytes;
        rule.ouis.push_back(static_cast<std::uint32_t>((oui[0] << 16) | (oui[1] << 8) | oui[2]));
    }
    if (const pugi::xml_attribute range = node.attribute("mac-range")) {
        const std::string_view text = range.value();
        const std::size_t dash = text.find('-');
        const auto first = Mac::parse(text.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : Mac::parse(text.substr(dash + 1));
        if (!first || !last || *last < *first)
            return source.fail_at(node, "mac-range: want FIRST-LAST, 12 hex digits each, got '" +
                                            printable(text) + "'");
        rule.mac_range = MacRange{*first, *last};
    }
    return {};
}

Result<MatchRule> read_match(const XmlSource& source, Node node) {
    MatchRule rule;
    Done good = source.only_attributes(
        node, {"vendor-class", "vendor-class-prefix", "vendor-class-glob", "user-class",
               "user-class-prefix", "user-class-glob", "user-agent", "user-agent-prefix",
               "user-agent-glob", "oui", "mac-range"});
    if (good)
        good = source.only_elements(node, {});
    if (good)
        good = read_pattern(source, node, "vendor-class", rule.vendor_class);
    if (good)
        good = read_pattern(source, node, "user-class", rule.user_class);
    if (good)
        good = read_pattern(source, node, "user-agent", rule.user_agent);
    if (good)
        good = read_mac_conditions(source, node, rule);
    if (!good)
        return tl::unexpected(good.error());
    if (!rule.vendor_class && !rule.user_class && !rule.user_agent && rule.ouis.empty() &&
        !rule.mac_range)
        return source.fail_at(node, "<match> has no condition: it would take every device");
    return rule;
}

Done check_option_value(const XmlSource& source, Node node, OptionForm form,
                        const std::string& value) {
    if (value.empty())
        return source.fail_at(node, "want a value");
    if (form == OptionForm::hex) {
        if (!from_hex(value))
            return source.fail_at(node, "want pairs of hex digits, got '" + printable(value) + "'");
        return {};
    }
    if (form == OptionForm::text) {
        if (auto good = check_url_template(value, true); !good)
            return source.fail_at(node, good.error().message);
        return {};
    }
    for (const std::string_view word : words(value))
        if (word != "{server}" && !Ipv4::parse(word))
            return source.fail_at(node,
                                  "want IPv4 addresses or {server}, got '" + printable(word) + "'");
    return {};
}

Result<OptionForm> read_form(const XmlSource& source, Node node) {
    const std::string_view form = node.attribute("form").as_string("text");
    if (form == "text")
        return OptionForm::text;
    if (form == "addresses")
        return OptionForm::addresses;
    if (form == "hex")
        return OptionForm::hex;
    return source.fail_at(node, "form: want text, addresses or hex, got '" + printable(form) + "'");
}

Result<std::uint8_t> read_code(const XmlSource& source, Node node) {
    const auto code = parse_number<std::uint8_t>(node.attribute("code").value());
    if (!code || *code == 0 || *code == 255)
        return source.fail_at(node, "code: want 1..254, got '" +
                                        printable(node.attribute("code").value()) + "'");
    return *code;
}

Result<SubOption> read_sub_option(const XmlSource& source, Node node) {
    if (auto good = source.only_attributes(node, {"code", "form"}); !good)
        return tl::unexpected(good.error());
    const auto code = read_code(source, node);
    if (!code)
        return tl::unexpected(code.error());
    const auto form = read_form(source, node);
    if (!form)
        return tl::unexpected(form.error());
    const auto text = source.text_of(node);
    if (!text)
        return tl::unexpected(text.error());
    SubOption sub{*code, *form, std::string(trim(*text))};
    if (auto good = check_option_value(source, node, sub.form, sub.value); !good)
        return tl::unexpected(good.error());
    return sub;
}

Done read_sub_options(const XmlSource& source, Node node, OfferedOption& option) {
    option.form = OptionForm::sub;
    if (option.code != 43)
        return source.fail_at(node, "<sub> stands in option 43 only");
    if (node.attribute("form"))
        return source.fail_at(node, "form: goes with a value, not with <sub>");
    if (auto good = source.only_elements(node, {"sub"}); !good)
        return good;
    for (const Node child : node.children("sub")) {
        auto sub = read_sub_option(source, child);
        if (!sub)
            return tl::unexpected(sub.error());
        option.sub_options.push_back(std::move(*sub));
    }
    return {};
}

Result<OfferedOption> read_option(const XmlSource& source, Node node) {
    if (auto good = source.only_attributes(node, {"code", "form", "when", "override"}); !good)
        return tl::unexpected(good.error());
    OfferedOption option;
    const auto code = read_code(source, node);
    if (!code)
        return tl::unexpected(code.error());
    option.code = *code;
    if (std::find(protocol_codes.begin(), protocol_codes.end(), option.code) !=
        protocol_codes.end())
        return source.fail_at(node, "code " + std::to_string(option.code) +
                                        " is the DHCP exchange's own");
    const std::string_view when = node.attribute("when").as_string("always");
    if (when != "always" && when != "requested")
        return source.fail_at(node,
                              "when: want always or requested, got '" + printable(when) + "'");
    option.only_if_requested = when == "requested";
    const auto override_kea = read_flag(source, node, "override", false);
    if (!override_kea)
        return tl::unexpected(override_kea.error());
    option.override_kea = *override_kea;
    if (node.child("sub")) {
        if (auto good = read_sub_options(source, node, option); !good)
            return tl::unexpected(good.error());
        return option;
    }
    const auto form = read_form(source, node);
    if (!form)
        return tl::unexpected(form.error());
    const auto text = source.text_of(node);
    if (!text)
        return tl::unexpected(text.error());
    option.form = *form;
    option.value = std::string(trim(*text));
    if (auto good = check_option_value(source, node, option.form, option.value); !good)
        return tl::unexpected(good.error());
    return option;
}

Done read_offer(const XmlSource& source, Node node, DeviceClass& made) {
    if (auto good = source.only_attributes(node, {"url"}); !good)
        return good;
    if (auto good = source.only_elements(node, {"option"}); !good)
        return good;
    made.url = node.attribute("url").value();
    if (made.url.empty())
        return source.fail_at(node, "url: want a template such as http://{server}");
    if (auto good = check_url_template(made.url, false); !good)
        return source.fail_at(node, good.error().message);
    std::set<std::uint8_t> codes;
    for (const Node child : node.children("option")) {
        auto option = read_option(source, child);
        if (!option)
            return tl::unexpected(option.error());
        if (!codes.insert(option->code).second)
            return source.fail_at(child,
                                  "option " + std::to_string(option->code) + " stands twice");
        made.options.push_back(std::move(*option));
    }
    return {};
}

Done read_names(const XmlSource& source, Node node, DeviceClass& made) {
    NameRules& names = made.names;
    if (auto good = source.only_attributes(
            node, {"config-prefix", "config-postfix", "firmware-prefix", "firmware-postfix"});
        !good)
        return good;
    if (auto good = source.only_elements(node, {"firmware"}); !good)
        return good;
    names.config_prefix = node.attribute("config-prefix").value();
    names.config_postfix = node.attribute("config-postfix").value();
    names.firmware_prefix = node.attribute("firmware-prefix").value();
    names.firmware_postfix = node.attribute("firmware-postfix").value();
    for (const auto& [prefix, postfix] : {std::pair{names.config_prefix, names.config_postfix},
                                          std::pair{names.firmware_prefix, names.firmware_postfix}})
        if (const auto shelf = Shelf::make(prefix, postfix); !shelf)
            return source.fail_at(node, shelf.error().message);
    for (const Node child : node.children("firmware")) {
        const auto text = source.text_of(child);
        if (!text)
            return tl::unexpected(text.error());
        const std::string name(trim(*text));
        if (name.empty() || name.find_first_of("/@\\ ") != std::string::npos)
            return source.fail_at(child,
                                  "<firmware>: want a basic name such as ht801fw.bin, got '" +
                                      printable(name) + "'");
        names.firmware.push_back(name);
    }
    return {};
}

Done read_formats(const XmlSource& source, Node node, DeviceClass& made) {
    if (auto good =
            source.only_attributes(node, {"xml", "encrypted", "salted", "digest", "mac-element"});
        !good)
        return good;
    if (auto good = source.only_elements(node, {}); !good)
        return good;
    FormatRules& formats = made.formats;
    for (const auto& [name, into] :
         {std::pair{"xml", &formats.xml}, std::pair{"encrypted", &formats.encrypted},
          std::pair{"salted", &formats.salted}, std::pair{"mac-element", &formats.mac_element}}) {
        const auto flag = read_flag(source, node, name, *into);
        if (!flag)
            return tl::unexpected(flag.error());
        *into = *flag;
    }
    const std::string_view digest = node.attribute("digest").as_string("md5");
    if (digest != "md5" && digest != "sha256")
        return source.fail_at(node, "digest: want md5 or sha256, got '" + printable(digest) + "'");
    formats.digest = digest == "md5" ? KeyDigest::md5 : KeyDigest::sha256;
    return {};
}

Done read_access(const XmlSource& source, Node node, DeviceClass& made) {
    if (auto good = source.only_attributes(node, {"rule"}); !good)
        return good;
    const auto rule = access_rule_named(node.attribute("rule").value());
    if (!rule)
        return source.fail_at(node, "rule: want open, lease or certificate, got '" +
                                        printable(node.attribute("rule").value()) + "'");
    made.access = *rule;
    return {};
}

// The only-once children of <class>, and who reads each.
using Reader = Done (*)(const XmlSource&, Node, DeviceClass&);
constexpr std::array<std::pair<const char*, Reader>, 4> parts = {{{"offer", read_offer},
                                                                  {"names", read_names},
                                                                  {"formats", read_formats},
                                                                  {"access", read_access}}};

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
    if (auto good = source.only_attributes(node, {"name", "title"}); !good)
        return tl::unexpected(good.error());
    if (auto good = source.only_elements(
            node, {"match", "offer", "names", "formats", "access", "defaults"});
        !good)
        return tl::unexpected(good.error());
    made.name = node.attribute("name").value();
    made.title = node.attribute("title").value();
    made.origin = source.place(node);
    const bool plain = std::all_of(made.name.begin(), made.name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (made.name.empty() || made.name.size() > 64 || !plain)
        return source.fail_at(node, "name: want up to 64 of a-z, 0-9 and '-', got '" +
                                        printable(made.name) + "'");
    if (auto good = read_parts(source, node, made); !good)
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
