// Files with alias names: what is read can be written, and reads as the same document.
#include "core/formats/gs_alias_xml.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto document = parse_gs_alias_xml("f.xml", {data, size});
    if (!document) {
        require(document.error().message.starts_with("f.xml"), "a refusal names the file");
        return 0;
    }
    const auto text = render_gs_alias_xml(*document);
    require(text.has_value(), "what was read can be written");
    const auto again = parse_gs_alias_xml("again", as_bytes(*text));
    require(again && *again == *document, "and reads as the same document");
    require(*render_gs_alias_xml(*again) == *text, "and is written as the same bytes");
    return 0;
}
