// An XML document together with its text, so that every complaint can name the line. For core's
// readers only.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <pugixml.hpp>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace plugtone {

class XmlSource {
public:
    // name: the file, for messages. White space is kept. References are the five of XML and
    // characters by number, no others.
    static Result<XmlSource> parse(std::string name, ByteView bytes);

    pugi::xml_node root() const { return document_->document_element(); }
    // "NAME:LINE".
    std::string place(pugi::xml_node node) const;
    tl::unexpected<Error> fail_at(pugi::xml_node node, const std::string& message) const;

    // Refuses attributes, child elements or stray text that are not among these.
    Done only_attributes(pugi::xml_node node, std::initializer_list<std::string_view> names) const;
    Done only_elements(pugi::xml_node node, std::initializer_list<std::string_view> names) const;
    Done no_stray_text(pugi::xml_node node) const;
    // All the text of an element that holds nothing else.
    Result<std::string> text_of(pugi::xml_node node) const;
    // An attribute that is "yes" or "no"; preset when it is not there.
    Result<bool> flag(pugi::xml_node node, const char* name, bool preset) const;

private:
    XmlSource(std::string name, std::string text)
        : name_(std::move(name)), text_(std::move(text)) {}
    Done check_top() const;
    std::string place_of_offset(std::size_t offset) const;

    std::string name_;
    std::string text_;
    std::unique_ptr<pugi::xml_document> document_ = std::make_unique<pugi::xml_document>();
};

} // namespace plugtone
