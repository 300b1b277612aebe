// Templates: what was checked can be filled, and fits an option.
#include "core/base/bytes.hpp"
#include "core/base/text.hpp"
#include "core/classes/url_template.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text({data, size});
    const UrlValues values{.server = "10.0.0.1",
                           .mac = "000b82123456",
                           .model = std::string(text.substr(0, 8)) + "x",
                           .class_name = "c",
                           .site = "s",
                           .url = "http://10.0.0.1"};
    const bool good = check_url_template(text, true).has_value();
    const auto filled = fill_url_template(text, values);
    require(!good || filled || filled.error().message.find("fit an option") != std::string::npos,
            "a checked template can be filled unless it grows too long");
    if (good && filled) {
        require(filled->size() <= url_size_max, "what is filled fits");
        require(filled->find_first_of(" \t\r\n{}") == std::string::npos, "nothing breaks out");
    }
    return 0;
}
