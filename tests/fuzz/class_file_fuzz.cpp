// Class files: every refusal names the file; what is taken keeps the promises that its readers
// build on.
#include "core/classes/class_file.hpp"
#include "core/classes/class_table.hpp"
#include "core/classes/url_template.hpp"
#include "core/names/shelf.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto classes = parse_class_file("f.xml", {data, size});
    if (!classes) {
        require(classes.error().message.starts_with("f.xml"), "a refusal names the file");
        return 0;
    }
    for (const DeviceClass& made : *classes) {
        require(made.origin.starts_with("f.xml:"), "a class knows its line");
        require(!made.name.empty() && !made.matches.empty(), "a class has a name and a match");
        require(check_url_template(made.url, false).has_value(), "the URL is a template");
        require(Shelf::make(made.names.config_prefix, made.names.config_postfix).has_value(),
                "prefix and postfix make a shelf");
        for (const auto& [name, value] : made.defaults)
            require(check_parameter_value(name, value).has_value(), "defaults can be rendered");
    }
    const ClassTable table(*classes);
    const Identity phone{.mac = *Mac::parse("000b82123456"),
                         .vendor_class = "Grandstream GXP2160 dslforum.org",
                         .user_class = "voice",
                         .user_agent = "GXP"};
    require(table.match(phone) == nullptr || table.find(table.match(phone)->name) != nullptr,
            "a match is one of the table's classes");
    return 0;
}
