#include "core/classes/class_offer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "core/base/ipv4.hpp"
#include "core/base/text.hpp"
#include "core/classes/url_template.hpp"

namespace plugtone {

namespace {

using Node = pugi::xml_node;

// What the length octet of an option can say (RFC 2132, section 2).
constexpr std::size_t option_size_max = 255;
constexpr std::uint8_t enterprise_code = 125; // RFC 3925

// Codes that are the DHCP exchange itself (RFC 2132, RFC 3046): a class that set them would break
// leases.
constexpr std::array<std::uint8_t, 13> protocol_codes = {0,  50, 51, 52, 53, 54, 55,
                                                         57, 58, 59, 61, 82, 255};

std::optional<std::uint32_t> largest_number(OptionForm form) {
    switch (form) {
    case OptionForm::u8:
        return 0xFF;
    case OptionForm::u16:
        return 0xFFFF;
    case OptionForm::u32:
        return 0xFFFFFFFF;
    case OptionForm::text:
    case OptionForm::addresses:
    case OptionForm::hex:
    case OptionForm::sub:
        break;
    }
    return std::nullopt;
}

Done check_size(const XmlSource& source, Node node, std::size_t size) {
    if (size > option_size_max)
        return source.fail_at(node, "want at most " + std::to_string(option_size_max) +
                                        " bytes, got " + std::to_string(size));
    return {};
}

Done check_addresses(const XmlSource& source, Node node, const std::string& value) {
    const auto addresses = words(value);
    for (const std::string_view word : addresses)
        if (word != "{server}" && !Ipv4::parse(word))
            return source.fail_at(node,
                                  "want IPv4 addresses or {server}, got '" + printable(word) + "'");
    return check_size(source, node, addresses.size() * 4);
}

Done check_option_value(const XmlSource& source, Node node, OptionForm form,
                        const std::string& value) {
    if (value.empty())
        return source.fail_at(node, "want a value");
    if (form == OptionForm::addresses)
        return check_addresses(source, node, value);
    if (const auto most = largest_number(form)) {
        const auto number = parse_number<std::uint32_t>(value);
        if (!number || *number > *most)
            return source.fail_at(node, "want 0.." + std::to_string(*most) + ", got '" +
                                            printable(value) + "'");
        return {};
    }
    if (form == OptionForm::hex) {
        if (!from_hex(value))
            return source.fail_at(node, "want pairs of hex digits, got '" + printable(value) + "'");
        return check_size(source, node, value.size() / 2);
    }
    if (auto good = check_url_template(value, true); !good) // its size is known when it is filled
        return source.fail_at(node, good.error().message);
    return {};
}

constexpr std::array<std::pair<std::string_view, OptionForm>, 6> forms = {
    {{"text", OptionForm::text},
     {"addresses", OptionForm::addresses},
     {"u8", OptionForm::u8},
     {"u16", OptionForm::u16},
     {"u32", OptionForm::u32},
     {"hex", OptionForm::hex}}};

Result<OptionForm> read_form(const XmlSource& source, Node node) {
    const std::string_view wanted = node.attribute("form").as_string("text");
    for (const auto& [name, form] : forms)
        if (name == wanted)
            return form;
    return source.fail_at(node, "form: want text, addresses, u8, u16, u32 or hex, got '" +
                                    printable(wanted) + "'");
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
    if (option.code != 43 && option.code != enterprise_code)
        return source.fail_at(node, "<sub> stands in options 43 and 125 only");
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

// RFC 3925 section 4: option 125 begins with an IANA enterprise number.
Done read_enterprise(const XmlSource& source, Node node, OfferedOption& option) {
    const pugi::xml_attribute attribute = node.attribute("enterprise");
    const bool wants = option.code == enterprise_code && node.child("sub");
    if (!wants)
        return attribute ? source.fail_at(node, "enterprise: goes with <sub> in option 125")
                         : Done{};
    const auto number = parse_number<std::uint32_t>(attribute.value());
    if (!number || *number == 0)
        return source.fail_at(node, "enterprise: want the vendor's IANA number, got '" +
                                        printable(attribute.value()) + "'");
    option.enterprise = *number;
    return {};
}

Result<OfferedOption> read_option(const XmlSource& source, Node node) {
    if (auto good =
            source.only_attributes(node, {"code", "form", "when", "override", "enterprise"});
        !good)
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
    const auto override_kea = source.flag(node, "override", false);
    if (!override_kea)
        return tl::unexpected(override_kea.error());
    option.override_kea = *override_kea;
    if (auto good = read_enterprise(source, node, option); !good)
        return tl::unexpected(good.error());
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

Done read_fixed_fields(const XmlSource& source, Node node, DeviceClass& made) {
    made.next_server = node.attribute("next-server").value();
    made.server_name = node.attribute("server-name").value();
    made.boot_file = node.attribute("boot-file").value();
    if (!made.next_server.empty() && made.next_server != "{server}" &&
        !Ipv4::parse(made.next_server))
        return source.fail_at(node, "next-server: want an IPv4 address or {server}, got '" +
                                        printable(made.next_server) + "'");
    for (const std::string* text : {&made.server_name, &made.boot_file})
        if (auto good = check_url_template(*text, true); !good)
            return source.fail_at(node, good.error().message);
    return {};
}

} // namespace

Done read_offer(const XmlSource& source, pugi::xml_node node, DeviceClass& made) {
    if (auto good =
            source.only_attributes(node, {"url", "next-server", "server-name", "boot-file"});
        !good)
        return good;
    if (auto good = source.only_elements(node, {"option"}); !good)
        return good;
    made.url = node.attribute("url").value();
    if (made.url.empty())
        return source.fail_at(node, "url: want a template such as http://{server}");
    if (auto good = check_url_template(made.url, false); !good)
        return source.fail_at(node, good.error().message);
    if (auto good = read_fixed_fields(source, node, made); !good)
        return good;
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

} // namespace plugtone
