// A URL, or any option's text, with places to fill in: {server} {mac} {model} {class} {site} {url}.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace plugtone {

struct UrlValues {
    std::string server; // an address or host name, as the phone reaches us
    std::string mac;
    std::string model;
    std::string class_name;
    std::string site;
    std::string url; // the class's URL, already filled in; only for the texts of options
};

// A DHCP option that devices read as one text: longer, and Kea would split it (RFC 3396), which
// phones that read option 66 are not known to put together again.
inline constexpr std::size_t url_size_max = 253;

// Refuses unknown places, unbalanced braces, and characters that no URL holds. with_url: {url} is a
// place.
Done check_url_template(std::string_view text, bool with_url);
// Fills a checked template. Values are percent-encoded (RFC 3986, section 2.1) but for server and
// url. Refuses a place whose value is empty, and a result longer than url_size_max.
Result<std::string> fill_url_template(std::string_view text, const UrlValues& values);

} // namespace plugtone
