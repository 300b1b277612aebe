#include "core/classes/class_offer.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "core/base/ipv4.hpp"
#include "core/base/text.hpp"
#include "core/classes/url_template.hpp"

namespace plugtone {

namespace {

using Node = pugi::xml_node;

// What the length octet of an option can say (RFC 2132, section 2).
constexpr std::size_t option_size_max = 255;

// Codes that are the DHCP exchange itself (RFC 2132, RFC 3046): a class that set them would break
// leases.
constexpr std::array<std::uint8_t, 13> protocol_codes = {0,  50, 51, 52, 53, 54, 55,
                                                         57, 58, 59, 61, 82, 255};

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
    if (form == OptionForm::hex) {
        if (!from_hex(value))
            return source.fail_at(node, "want pairs of hex digits, got '" + printable(value) + "'");
        return check_size(source, node, value.size() / 2);
    }
    if (auto good = check_url_template(value, true); !good) // its size is known when it is filled
        return source.fail_at(node, good.error().message);
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
    const auto override_kea = source.flag(node, "override", false);
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

} // namespace

Done read_offer(const XmlSource& source, pugi::xml_node node, DeviceClass& made) {
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

} // namespace plugtone
