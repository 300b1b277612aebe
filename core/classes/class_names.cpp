#include "core/classes/class_names.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/classes/known_parameters.hpp"
#include "core/names/owner.hpp"
#include "core/names/shelf.hpp"

namespace plugtone {

namespace {

using Node = pugi::xml_node;

// Longest basic name, bytes: with prefix and postfix it still fits a file system's 255.
constexpr std::size_t basic_name_size_max = 128;

// A file's name that a shelf can hold and the tree's reader does not skip.
bool is_basic_name(std::string_view name) {
    return !name.empty() && name.size() <= basic_name_size_max && !name.starts_with('.') &&
           std::none_of(name.begin(), name.end(), [](char c) {
               return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '/' || c == '@' ||
                      c == '\\';
           });
}

bool is_model(std::string_view name) {
    return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

// The name once its placeholder is filled, as a trial.
std::string tried(std::string name) {
    for (const auto& [placeholder, text] :
         {std::pair<std::string_view, const char*>{"{mac}", "000b82123456"}, {"{model}", "m"}})
        if (const std::size_t at = name.find(placeholder); at != std::string::npos)
            name.replace(at, placeholder.size(), text);
    return name;
}

std::optional<FileForm> form_named(std::string_view name) {
    for (const FileForm form : {FileForm::xml, FileForm::binary, FileForm::legacy, FileForm::text})
        if (name == file_form_name(form))
            return form;
    return std::nullopt;
}

Result<std::string> element_name(const XmlSource& source, Node node) {
    const auto text = source.text_of(node);
    return text ? Result<std::string>(std::string(trim(*text))) : text;
}

Done read_firmware(const XmlSource& source, Node node, NameRules& names) {
    if (auto good = source.only_attributes(node, {}); !good)
        return good;
    const auto name = element_name(source, node);
    if (!name)
        return tl::unexpected(name.error());
    if (!is_basic_name(*name))
        return source.fail_at(node, "<firmware>: want a basic name such as ht801fw.bin, got '" +
                                        printable(*name) + "'");
    names.firmware.push_back(*name);
    return {};
}

Done read_model(const XmlSource& source, Node node, NameRules& names) {
    if (auto good = source.only_attributes(node, {}); !good)
        return good;
    const auto name = element_name(source, node);
    if (!name)
        return tl::unexpected(name.error());
    if (!is_model(*name))
        return source.fail_at(node, "<model>: want a model as in cfggxp2130.xml, that is gxp2130, "
                                    "got '" +
                                        printable(*name) + "'");
    names.models.push_back(*name);
    return {};
}

Done read_file_rule(const XmlSource& source, Node node, NameRules& names) {
    if (auto good = source.only_attributes(node, {"form"}); !good)
        return good;
    const auto name = element_name(source, node);
    if (!name)
        return tl::unexpected(name.error());
    const auto form = form_named(node.attribute("form").as_string("xml"));
    if (!form)
        return source.fail_at(node, "form: want xml, binary, legacy or text, got '" +
                                        printable(node.attribute("form").value()) + "'");
    const FileRule file{*name, *form};
    const std::string trial = tried(file.name);
    if (!is_basic_name(trial) || trial.find_first_of("{}") != std::string::npos)
        return source.fail_at(node, "<file>: want a basic name with {mac} or {model} once at most, "
                                    "such as cfg{mac}.xml, got '" +
                                        printable(*name) + "'");
    // By its name alone the file server takes a file for private.
    if (file.is_own() && !owner_of(trial))
        return source.fail_at(node, "<file>: a device's own file is private by its name: want "
                                    "cfg{mac} or dev{mac} in it, got '" +
                                        printable(*name) + "'");
    const bool for_own = *form == FileForm::binary || *form == FileForm::legacy;
    if (file.is_own() ? *form == FileForm::text : for_own)
        return source.fail_at(node, "<file>: the form " + std::string(file_form_name(*form)) +
                                        (file.is_own() ? " is for files without {mac} only"
                                                       : " is for files with {mac} only"));
    if (std::any_of(names.files.begin(), names.files.end(),
                    [&](const FileRule& one) { return one.name == file.name; }))
        return source.fail_at(node, "<file>: '" + printable(*name) + "' stands twice");
    names.files.push_back(file);
    return {};
}

} // namespace

Done read_names(const XmlSource& source, Node node, DeviceClass& made) {
    NameRules& names = made.names;
    if (auto good = source.only_attributes(
            node, {"config-prefix", "config-postfix", "firmware-prefix", "firmware-postfix"});
        !good)
        return good;
    if (auto good = source.only_elements(node, {"firmware", "model", "file"}); !good)
        return good;
    names.config_prefix = node.attribute("config-prefix").value();
    names.config_postfix = node.attribute("config-postfix").value();
    names.firmware_prefix = node.attribute("firmware-prefix").value();
    names.firmware_postfix = node.attribute("firmware-postfix").value();
    for (const Node child : node.children("firmware"))
        if (auto good = read_firmware(source, child, names); !good)
            return good;
    for (const Node child : node.children("model"))
        if (auto good = read_model(source, child, names); !good)
            return good;
    if (node.child("file"))
        names.files.clear();
    for (const Node child : node.children("file"))
        if (auto good = read_file_rule(source, child, names); !good)
            return good;
    return {};
}

Done read_formats(const XmlSource& source, Node node, DeviceClass& made) {
    if (auto good = source.only_attributes(node, {"encrypted", "salted", "digest", "mac-element",
                                                  "xml-version", "gnkey", "legacy-encoder"});
        !good)
        return good;
    if (auto good = source.only_elements(node, {}); !good)
        return good;
    FormatRules& formats = made.formats;
    for (const auto& [name, into] :
         {std::pair{"encrypted", &formats.encrypted}, std::pair{"salted", &formats.salted},
          std::pair{"mac-element", &formats.mac_element}}) {
        const auto flag = source.flag(node, name, *into);
        if (!flag)
            return tl::unexpected(flag.error());
        *into = *flag;
    }
    const std::string_view digest = node.attribute("digest").as_string("md5");
    if (digest != "md5" && digest != "sha256")
        return source.fail_at(node, "digest: want md5 or sha256, got '" + printable(digest) + "'");
    formats.digest = digest == "md5" ? KeyDigest::md5 : KeyDigest::sha256;
    const std::string_view version = node.attribute("xml-version").as_string("1");
    if (version != "1" && version != "2")
        return source.fail_at(node, "xml-version: want 1 (P-values) or 2 (alias names), got '" +
                                        printable(version) + "'");
    formats.xml_version = version == "1" ? XmlVersion::parameters : XmlVersion::aliases;
    formats.gnkey = node.attribute("gnkey").as_string(formats.gnkey.c_str());
    if (const auto bytes = from_hex(formats.gnkey); !bytes || bytes->size() != 2)
        return source.fail_at(node, "gnkey: want 4 hex digits such as 0b82, got '" +
                                        printable(formats.gnkey) + "'");
    for (const std::string_view word : words(node.attribute("legacy-encoder").value()))
        formats.legacy_encoder.emplace_back(word);
    if (node.attribute("legacy-encoder") &&
        (formats.legacy_encoder.empty() || !formats.legacy_encoder.front().starts_with('/')))
        return source.fail_at(node, "legacy-encoder: want a program by its whole path, and its "
                                    "arguments behind it");
    return {};
}

Done settle_names(const XmlSource& source, Node node, DeviceClass& made) {
    const NameRules& names = made.names;
    for (const auto& [attribute, number, text] :
         {std::tuple{"config-prefix", known::config_prefix, &names.config_prefix},
          std::tuple{"config-postfix", known::config_postfix, &names.config_postfix},
          std::tuple{"firmware-prefix", known::firmware_prefix, &names.firmware_prefix},
          std::tuple{"firmware-postfix", known::firmware_postfix, &names.firmware_postfix}}) {
        if (text->empty())
            continue;
        const auto [at, fresh] = made.defaults.emplace(number, *text);
        if (!fresh && at->second != *text)
            return source.fail_at(node, std::string(attribute) + " is '" + printable(*text) +
                                            "' and <" + number.text() + "> is '" +
                                            printable(at->second) +
                                            "': they are one setting, take one out");
    }
    for (const auto& [prefix, postfix] :
         {std::pair{known::config_prefix, known::config_postfix},
          std::pair{known::firmware_prefix, known::firmware_postfix}}) {
        const auto value = [&](const ParameterName& number) {
            const auto own = made.defaults.find(number);
            const auto vendor = made.vendor_defaults.find(number);
            return own != made.defaults.end()             ? own->second
                   : vendor != made.vendor_defaults.end() ? vendor->second
                                                          : std::string();
        };
        const Node names_node = node.child("names");
        if (const auto shelf = Shelf::make(value(prefix), value(postfix)); !shelf)
            return source.fail_at(names_node ? names_node : node, shelf.error().message);
    }
    const bool needs_encoder =
        std::any_of(names.files.begin(), names.files.end(),
                    [](const FileRule& file) { return file.form == FileForm::legacy; });
    if (needs_encoder && made.formats.legacy_encoder.empty())
        return source.fail_at(node, "a <file form=\"legacy\"> wants a legacy-encoder in <formats>");
    return {};
}

} // namespace plugtone
