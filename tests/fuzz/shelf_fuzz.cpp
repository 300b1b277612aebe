// Shelves: prefix and postfix (a line each, then a basic name) make a folder that reads as the same
// shelf, inside the tree, and serves a name that leads back to the basic name.
#include "core/names/shelf.hpp"

#include <algorithm>

#include "core/base/bytes.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = as_text({data, size});
    const auto next = [&rest] {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        return line;
    };
    const std::string_view prefix = next();
    const std::string_view postfix = next();
    const std::string_view basic_name = next();
    if (const auto shelf = Shelf::of_folder(prefix))
        require(shelf->folder() == prefix, "a folder is its shelf's folder");
    const auto shelf = Shelf::make(prefix, postfix);
    if (!shelf)
        return 0;
    require(Shelf::of_folder(shelf->folder()) == *shelf, "a shelf is its folder's shelf");
    require(("/" + shelf->folder()).find("/.") == std::string::npos, "and inside the tree");
    if (!basic_name.empty() && basic_name.find('/') == std::string_view::npos)
        require(shelf->basic_name(shelf->served_name(basic_name)) == basic_name,
                "a served name leads back");
    return 0;
}
