#include "agent/redirection.hpp"

#include <array>

#include "core/base/text.hpp"
#include "core/classes/known_parameters.hpp"
#include "core/classes/url_template.hpp"

namespace plugtone {

namespace {

// Of P212, alike in all families (facts, section 6).
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> protocols = {
    {{"tftp", "0"}, {"http", "1"}, {"https", "2"}}};

} // namespace

Result<ParameterSet> redirect_parameters(const std::string& url, const Mac& mac,
                                         const DeviceClass& device_class) {
    for (const std::string_view place : {"{server}", "{site}", "{model}"})
        if (url.find(place) != std::string::npos)
            return fail("redirection to " + url + ": " + std::string(place) +
                        " is known to DHCP only: the devices that have a file of ours go on here "
                        "until they boot");
    UrlValues values;
    values.mac = mac.text();
    values.class_name = device_class.name;
    auto filled = fill_url_template(url, values);
    if (!filled)
        return tl::unexpected(filled.error());
    std::string_view rest = *filled;
    std::string scheme = "tftp";
    if (const std::size_t end = rest.find("://"); end != std::string_view::npos) {
        scheme = lower(rest.substr(0, end));
        rest.remove_prefix(end + 3);
    }
    while (rest.ends_with('/'))
        rest.remove_suffix(1);
    for (const auto& [name, code] : protocols)
        if (name == scheme)
            return ParameterSet{{known::protocol, std::string(code)},
                                {known::config_path, std::string(rest)}};
    return fail("redirection to " + url + ": want tftp, http or https, got '" + printable(scheme) +
                "'");
}

} // namespace plugtone
