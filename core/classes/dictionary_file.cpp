#include "core/classes/dictionary_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "core/base/text.hpp"
#include "core/base/xml_source.hpp"

namespace plugtone {

namespace {

using Node = pugi::xml_node;

constexpr std::size_t name_size_max = 64;
constexpr std::string_view counter = "{n}";

// What several types have in common, beside their own attributes.
Done only_type_attributes(const XmlSource& source, Node node,
                          std::initializer_list<std::string_view> own) {
    std::vector<std::string_view> known = {"families", "default"};
    known.insert(known.end(), own.begin(), own.end());
    for (const pugi::xml_attribute attribute : node.attributes())
        if (std::find(known.begin(), known.end(), attribute.name()) == known.end())
            return source.fail_at(node, "<" + std::string(node.name()) +
                                            "> has the unknown attribute '" +
                                            printable(attribute.name()) + "'");
    return {};
}

// An attribute that is a whole number; preset when it is not there.
template <class T>
Result<T> number(const XmlSource& source, Node node, const char* name, std::optional<T> preset) {
    const pugi::xml_attribute attribute = node.attribute(name);
    if (!attribute && preset)
        return *preset;
    const auto value = parse_number<T>(attribute.value());
    if (!value)
        return source.fail_at(node, std::string(name) + ": want a whole number, got '" +
                                        printable(attribute.value()) + "'");
    return *value;
}

Result<ValueType> read_bool(const XmlSource& source, Node node) {
    if (auto good = only_type_attributes(source, node, {}); !good)
        return tl::unexpected(good.error());
    return BoolType{};
}

Result<ValueType> read_host(const XmlSource& source, Node node) {
    if (auto good = only_type_attributes(source, node, {}); !good)
        return tl::unexpected(good.error());
    return HostType{};
}

Result<ValueType> read_path(const XmlSource& source, Node node) {
    if (auto good = only_type_attributes(source, node, {"max"}); !good)
        return tl::unexpected(good.error());
    const auto max = number<std::size_t>(source, node, "max", PathType{}.size_max);
    return max ? Result<ValueType>(PathType{*max}) : tl::unexpected(max.error());
}

Result<ValueType> read_text(const XmlSource& source, Node node) {
    if (auto good = only_type_attributes(source, node, {"max"}); !good)
        return tl::unexpected(good.error());
    const auto max = number<std::size_t>(source, node, "max", TextType{}.size_max);
    return max ? Result<ValueType>(TextType{*max}) : tl::unexpected(max.error());
}

Result<ValueType> read_secret(const XmlSource& source, Node node) {
    if (auto good = only_type_attributes(source, node, {"min", "max", "hex"}); !good)
        return tl::unexpected(good.error());
    const auto min = number<std::size_t>(source, node, "min", SecretType{}.size_min);
    const auto max = number<std::size_t>(source, node, "max", SecretType{}.size_max);
    const auto hex = source.flag(node, "hex", false);
    if (!min || !max)
        return tl::unexpected(min ? max.error() : min.error());
    if (!hex)
        return tl::unexpected(hex.error());
    if (*min > *max)
        return source.fail_at(node, "want min not above max");
    return SecretType{*min, *max, *hex};
}

Result<ValueType> read_integer(const XmlSource& source, Node node) {
    if (auto good = only_type_attributes(source, node, {"min", "max", "unit", "optional"}); !good)
        return tl::unexpected(good.error());
    const auto min = number<std::int64_t>(source, node, "min", std::nullopt);
    const auto max = number<std::int64_t>(source, node, "max", std::nullopt);
    const auto optional = source.flag(node, "optional", false);
    if (!min || !max)
        return tl::unexpected(min ? max.error() : min.error());
    if (!optional)
        return tl::unexpected(optional.error());
    if (*min > *max)
        return source.fail_at(node, "want min not above max");
    return IntegerType{*min, *max, node.attribute("unit").value(), *optional};
}

Result<ValueType> read_enumeration(const XmlSource& source, Node node) {
    if (auto good = only_type_attributes(source, node, {}); !good)
        return tl::unexpected(good.error());
    if (auto good = source.only_elements(node, {"value"}); !good)
        return tl::unexpected(good.error());
    EnumerationType type;
    for (const Node child : node.children("value")) {
        if (auto good = source.only_attributes(child, {"code", "word"}); !good)
            return tl::unexpected(good.error());
        const auto meaning = source.text_of(child);
        if (!meaning)
            return tl::unexpected(meaning.error());
        EnumerationType::Value value{child.attribute("code").value(),
                                     child.attribute("word").value(), std::string(trim(*meaning))};
        if (!child.attribute("code"))
            return source.fail_at(child, "<value>: want a code");
        for (const auto& earlier : type.values)
            if (earlier.code == value.code || (!value.word.empty() && earlier.word == value.word))
                return source.fail_at(child, "code '" + printable(value.code) +
                                                 "' or its word stands twice");
        type.values.push_back(std::move(value));
    }
    if (type.values.size() < 2)
        return source.fail_at(node, "<enumeration>: want two <value> at least");
    return type;
}

using TypeReader = Result<ValueType> (*)(const XmlSource&, Node);
constexpr std::array<std::pair<std::string_view, TypeReader>, 7> types = {
    {{"bool", read_bool},
     {"enumeration", read_enumeration},
     {"integer", read_integer},
     {"host", read_host},
     {"path", read_path},
     {"secret", read_secret},
     {"text", read_text}}};

Result<ParameterForm> read_form(const XmlSource& source, Node node, TypeReader read) {
    auto type = read(source, node);
    if (!type)
        return tl::unexpected(type.error());
    if (!std::holds_alternative<EnumerationType>(*type))
        if (auto good = source.only_elements(node, {}); !good)
            return tl::unexpected(good.error());
    ParameterForm form{{}, *std::move(type), std::nullopt};
    for (const std::string_view family : words(node.attribute("families").value()))
        form.families.emplace_back(family);
    if (node.attribute("families") && form.families.empty())
        return source.fail_at(node, "families: want one at least, or no such attribute");
    if (const pugi::xml_attribute preset = node.attribute("default")) {
        if (auto good = check_value(form.type, preset.value()); !good)
            return source.fail_at(node, "default: " + good.error().message);
        form.preset = preset.value();
    }
    return form;
}

Done read_forms(const XmlSource& source, Node node, std::vector<ParameterForm>& into) {
    std::vector<std::string> families;
    for (const Node child : node.children()) {
        const auto type = std::find_if(types.begin(), types.end(), [&](const auto& one) {
            return one.first == std::string_view(child.name());
        });
        if (type == types.end())
            continue;
        auto form = read_form(source, child, type->second);
        if (!form)
            return tl::unexpected(form.error());
        std::vector<std::string> here = form->families;
        if (here.empty())
            here.emplace_back(); // of every family
        for (std::string& family : here) {
            if (std::find(families.begin(), families.end(), family) != families.end())
                return source.fail_at(child, family.empty() ? "a second type for every family"
                                                            : "a second type for family " + family);
            families.push_back(std::move(family));
        }
        into.push_back(*std::move(form));
    }
    if (into.empty())
        return source.fail_at(node, "<parameter> has no type: want <bool>, <enumeration>, "
                                    "<integer>, <host>, <path>, <secret> or <text>");
    return {};
}

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= name_size_max && name.front() != '.' &&
           name.front() != '-' && !ParameterName::parse(name) &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-';
           });
}

// The text with the count in place of {n}.
std::string counted(std::string text, std::size_t count) {
    for (std::size_t at = text.find(counter); at != std::string::npos; at = text.find(counter))
        text.replace(at, counter.size(), std::to_string(count));
    return text;
}

// What the element says of all its numbers, before they are counted.
struct Pattern {
    std::vector<ParameterName> numbers;
    ParameterDefinition definition;
};

Result<Pattern> read_pattern(const XmlSource& source, Node node) {
    if (auto good = source.only_attributes(node, {"number", "name", "v2", "title"}); !good)
        return tl::unexpected(good.error());
    if (auto good = source.only_elements(
            node, {"alias", "bool", "enumeration", "integer", "host", "path", "secret", "text"});
        !good)
        return tl::unexpected(good.error());
    Pattern pattern;
    for (const std::string_view word : words(node.attribute("number").value())) {
        const auto number = ParameterName::parse(word);
        if (!number)
            return source.fail_at(node, number.error().message);
        pattern.numbers.push_back(*number);
    }
    if (pattern.numbers.empty())
        return source.fail_at(node, "number: want P and a number such as P270");
    ParameterDefinition& definition = pattern.definition;
    definition.name = node.attribute("name").value();
    definition.alias_path = node.attribute("v2").value();
    definition.title = node.attribute("title").value();
    definition.origin = source.place(node);
    for (const Node child : node.children("alias")) {
        const auto alias = source.text_of(child);
        if (!alias)
            return tl::unexpected(alias.error());
        definition.aliases.emplace_back(trim(*alias));
    }
    if (auto good = read_forms(source, node, definition.forms); !good)
        return tl::unexpected(good.error());
    return pattern;
}

Done check_names(const XmlSource& source, Node node, const ParameterDefinition& definition) {
    std::vector<std::string> names = definition.aliases;
    names.push_back(definition.name);
    if (node.attribute("v2"))
        names.push_back(definition.alias_path);
    for (const std::string& name : names)
        if (!is_name(name))
            return source.fail_at(node, "want a name of letters, digits, '.' and '-' that is no "
                                        "number, up to " +
                                            std::to_string(name_size_max) + " bytes, got '" +
                                            printable(name) + "'");
    return {};
}

} // namespace

Result<std::vector<ParameterDefinition>> parse_dictionary_file(const std::string& name,
                                                               ByteView bytes) {
    if (bytes.size() > dictionary_file_size_max)
        return fail(name + ": want at most " + std::to_string(dictionary_file_size_max) +
                    " bytes, got " + std::to_string(bytes.size()));
    const auto source = XmlSource::parse(name, bytes);
    if (!source)
        return tl::unexpected(source.error());
    const Node root = source->root();
    if (std::string_view(root.name()) != "parameters")
        return source->fail_at(root, "want <parameters>, got <" + printable(root.name()) + ">");
    if (auto good = source->only_attributes(root, {"vendor"}); !good)
        return tl::unexpected(good.error());
    if (auto good = source->only_elements(root, {"parameter"}); !good)
        return tl::unexpected(good.error());
    std::vector<ParameterDefinition> definitions;
    for (const Node node : root.children("parameter")) {
        const auto pattern = read_pattern(*source, node);
        if (!pattern)
            return tl::unexpected(pattern.error());
        for (std::size_t at = 0; at < pattern->numbers.size(); ++at) {
            ParameterDefinition made = pattern->definition;
            made.number = pattern->numbers[at];
            made.name = counted(made.name, at + 1);
            made.alias_path = counted(made.alias_path, at + 1);
            made.title = counted(made.title, at + 1);
            for (std::string& alias : made.aliases)
                alias = counted(alias, at + 1);
            if (auto good = check_names(*source, node, made); !good)
                return tl::unexpected(good.error());
            definitions.push_back(std::move(made));
        }
    }
    return definitions;
}

} // namespace plugtone
