// Which options does this phone get? A class's rules, filled in for one client, as bytes. Pure: no
// Kea, no I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/ipv4.hpp"
#include "core/classes/device_class.hpp"

namespace plugtone {

struct OfferedBytes {
    std::uint8_t code = 0;
    Bytes bytes; // of the whole option; of option 43 the sub-options, one after the other
    bool has_sub_options = false; // of option 43: they may go out in several options, each whole
    bool replaces_kea = false;
};

struct Offer {
    std::string url;
    std::optional<Ipv4> next_server; // siaddr; nothing: Kea's stays, as with the next two
    std::string server_name;         // sname, at most 63 bytes
    std::string boot_file;           // file, at most 127 bytes
    std::vector<OfferedBytes> options;
    std::vector<std::string> left_out; // "option 66: …", why
};

struct OfferContext {
    std::string server; // address of ours that the client can reach
    std::string site;
    std::function<bool(std::uint8_t code)> requested;  // does option 55 name it?
    std::function<bool(std::uint8_t code)> set_by_kea; // is it in the answer already?
    // Of this one device's, in place of its class's: a template, checked. Empty: the class's.
    std::string url = {};
    // The URL is a redirection's: option 66 is the URL, whatever the class has there, and Kea.
    bool is_redirected = false;
};

// Kea cuts what is longer than 253 bytes into several options (RFC 3396; facts, hook behaviour).
// This much leaves room for the rest of the answer.
inline constexpr std::size_t option_size_max = 1024;

// For devices that are redirected and of no class: option 66 and nothing else.
const DeviceClass& redirected_class();

Offer make_offer(const DeviceClass& device_class, const Identity& identity,
                 const OfferContext& context);

} // namespace plugtone
