#include "core/base/xml_source.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

bool is_text(pugi::xml_node node) {
    return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

std::string listed(std::initializer_list<std::string_view> names) {
    std::string text;
    for (const std::string_view name : names)
        text += (text.empty() ? "" : ", ") + std::string(name);
    return text.empty() ? "none" : text;
}

bool among(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// "#65" or "#x41": the number behind '#'; nothing when it is none or too large for a character.
std::optional<std::uint32_t> character_number(std::string_view reference) {
    reference.remove_prefix(1);
    const bool hex = reference.starts_with('x');
    if (hex)
        reference.remove_prefix(1);
    std::uint32_t number = 0;
    const char* end = reference.data() + reference.size();
    const auto [stop, error] = std::from_chars(reference.data(), end, number, hex ? 16 : 10);
    if (reference.empty() || error != std::errc{} || stop != end)
        return std::nullopt;
    return number;
}

bool is_reference(std::string_view name) {
    if (name.starts_with('#')) {
        const auto number = character_number(name);
        return number && xml_allows(*number);
    }
    return among(name, {"amp", "lt", "gt", "quot", "apos"});
}

// Longest reference that is looked for: "#x0010FFFF" has 10.
constexpr std::size_t reference_size_max = 16;

struct Flaw {
    std::size_t offset = 0;
    const char* reason = nullptr;
};

// Finds what pugixml passes over, and what would make a value another than the one written: a '&'
// that begins none of XML's references (sections 4.1 and 4.6; it stays as it stands, and "&#0;"
// ends the text), a '<' in an attribute, a document type and so entities of the file's own.
class FlawFinder {
public:
    explicit FlawFinder(std::string_view text) : text_(text) {}

    std::optional<Flaw> find() {
        while (at_ < text_.size()) {
            const char* reason = step();
            if (reason != nullptr)
                return Flaw{at_, reason};
        }
        return std::nullopt;
    }

private:
    // Nothing is wrong with what stands here, or why it is.
    const char* step() {
        const char here = text_[at_];
        if (here == '&' && !reference_begins())
            return "'&' begins no reference of XML: want &amp; for the character itself";
        if (quote_ != '\0') {
            if (here == '<')
                return "'<' in an attribute: want &lt;";
            if (here == quote_)
                quote_ = '\0';
        } else if (in_tag_) {
            if (here == '"' || here == '\'')
                quote_ = here;
            in_tag_ = here != '>';
        } else if (here == '<') {
            if (skip_verbatim())
                return nullptr;
            if (text_.substr(at_).starts_with("<!"))
                return "a document type is not read";
            in_tag_ = true;
        }
        ++at_;
        return nullptr;
    }

    bool reference_begins() const {
        const std::string_view here = text_.substr(at_, reference_size_max);
        const std::size_t end = here.find(';');
        return end != std::string_view::npos && is_reference(here.substr(1, end - 1));
    }

    // Comments, CDATA and processing instructions hold no references.
    bool skip_verbatim() {
        const std::string_view here = text_.substr(at_);
        for (const auto& [open, close] : verbatim) {
            if (!here.starts_with(open))
                continue;
            const std::size_t end = here.find(close, open.size());
            at_ = end == std::string_view::npos ? text_.size() : at_ + end + close.size();
            return true;
        }
        return false;
    }

    using Marks = std::pair<std::string_view, std::string_view>;
    static constexpr std::array<Marks, 3> verbatim = {
        {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}}};

    std::string_view text_;
    std::size_t at_ = 0;
    bool in_tag_ = false;
    char quote_ = '\0';
};

} // namespace

Result<XmlSource> XmlSource::parse(std::string name, ByteView bytes) {
    XmlSource source(std::move(name), std::string(as_text(bytes)));
    if (const auto bad = first_illegal_xml_byte(source.text_))
        return fail(source.place_of_offset(*bad) +
                    ": not UTF-8, or a control character that XML forbids");
    // As a fragment: otherwise text outside the root element would be dropped without a word.
    const auto parsed = source.document_->load_buffer(
        source.text_.data(), source.text_.size(),
        pugi::parse_default | pugi::parse_ws_pcdata | pugi::parse_fragment, pugi::encoding_utf8);
    if (!parsed)
        return fail(source.place_of_offset(
                        static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, parsed.offset))) +
                    ": " + parsed.description());
    if (const auto flaw = FlawFinder(source.text_).find())
        return fail(source.place_of_offset(flaw->offset) + ": " + flaw->reason);
    if (auto good = source.check_top(); !good)
        return tl::unexpected(good.error());
    return source;
}

Done XmlSource::check_top() const {
    int roots = 0;
    pugi::xml_node last = document_->root();
    for (const pugi::xml_node node : document_->children()) {
        if (is_text(node) && !trim(node.value()).empty())
            return fail_at(node, "stray text '" + printable(trim(node.value())) +
                                     "' outside the root element");
        if (node.type() != pugi::node_element)
            continue;
        ++roots;
        last = node;
    }
    if (roots != 1)
        return fail_at(last, "want one root element, got " + std::to_string(roots));
    return {};
}

std::string XmlSource::place_of_offset(std::size_t offset) const {
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text_.size()));
    return name_ + ":" + std::to_string(1 + std::count(text_.begin(), end, '\n'));
}

std::string XmlSource::place(pugi::xml_node node) const {
    return place_of_offset(
        static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, node.offset_debug())));
}

tl::unexpected<Error> XmlSource::fail_at(pugi::xml_node node, const std::string& message) const {
    return fail(place(node) + ": " + message);
}

Done XmlSource::only_attributes(pugi::xml_node node,
                                std::initializer_list<std::string_view> names) const {
    std::string seen = ",";
    for (const pugi::xml_attribute attribute : node.attributes()) {
        const std::string_view name = attribute.name();
        if (!among(name, names))
            return fail_at(node, "<" + std::string(node.name()) + "> has the unknown attribute '" +
                                     printable(name) + "'; known: " + listed(names));
        if (seen.find("," + std::string(name) + ",") != std::string::npos)
            return fail_at(node, "<" + std::string(node.name()) + "> has the attribute '" +
                                     printable(name) + "' twice");
        seen += std::string(name) + ",";
    }
    return {};
}

Done XmlSource::only_elements(pugi::xml_node node,
                              std::initializer_list<std::string_view> names) const {
    for (const pugi::xml_node child : node.children())
        if (!is_text(child) && !among(child.name(), names))
            return fail_at(child, "<" + printable(child.name()) + "> is unknown in <" +
                                      std::string(node.name()) + ">; known: " + listed(names));
    return no_stray_text(node);
}

Done XmlSource::no_stray_text(pugi::xml_node node) const {
    for (const pugi::xml_node child : node.children())
        if (is_text(child) && !trim(child.value()).empty())
            return fail_at(node, "<" + std::string(node.name()) + "> holds the stray text '" +
                                     printable(trim(child.value())) + "'");
    return {};
}

Result<std::string> XmlSource::text_of(pugi::xml_node node) const {
    std::string text;
    for (const pugi::xml_node child : node.children()) {
        if (!is_text(child))
            return fail_at(child, "<" + std::string(node.name()) + "> wants text only, got <" +
                                      printable(child.name()) + ">");
        text += child.value();
    }
    return text;
}

Result<bool> XmlSource::flag(pugi::xml_node node, const char* name, bool preset) const {
    const pugi::xml_attribute attribute = node.attribute(name);
    const std::string_view value = attribute.value();
    if (!attribute)
        return preset;
    if (value != "yes" && value != "no")
        return fail_at(node,
                       std::string(name) + ": want yes or no, got '" + printable(value) + "'");
    return value == "yes";
}

} // namespace plugtone
