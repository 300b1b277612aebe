// Names from requests: what is taken is in its one form, and names nothing above the root.
#include "core/base/bytes.hpp"
#include "core/base/text.hpp"
#include "core/names/owner.hpp"
#include "core/names/request_name.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text({data, size});
    const auto name = normalise_request_name(text);
    if (!name) {
        require(is_printable(name.error().message), "a refusal can be logged");
        return 0;
    }
    require(*normalise_request_name(*name) == *name, "the form is the last one");
    const std::string framed = "/" + *name + "/";
    for (const char* part : {"//", "/./", "/../"})
        require(framed.find(part) == std::string::npos, "no empty part and no way up");
    if (const auto owner = owner_of(*name))
        require(lower(*name).find(owner->text()) != std::string::npos, "the owner is in the name");
    return 0;
}
