// Assignments P=V: what is taken has one spelling and a value that XML can carry.
#include "core/base/bytes.hpp"
#include "core/base/text.hpp"
#include "core/classes/parameter.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto assignment = parse_assignment(as_text({data, size}));
    if (!assignment) {
        require(is_printable(assignment.error().message), "a refusal can be logged");
        return 0;
    }
    const auto again = parse_assignment(assignment->name.text() + "=" + assignment->value);
    require(again && again->name == assignment->name && again->value == assignment->value,
            "an assignment comes back as it was");
    require(!first_illegal_xml_byte(assignment->value), "XML can carry the value");
    return 0;
}
