// What the agent tells the Kea hook beyond the class files: redirections of MAC ranges to another
// server (the guide's chapter "Pre-configuration and configuration redirection"), and devices' own
// URLs. A file of the live generation:
//
//   plugtone-offers 1
//   redirect 000b82000000-000b820000ff http://provider.example.net/gs
//   device 000b82123456 http://{server}/lab
//
// URLs are templates (url_template.hpp). Plain values; any thread once made.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/mac_range.hpp"
#include "core/base/result.hpp"

namespace plugtone {

struct OfferOverrides {
    std::map<MacRange, std::string> redirects; // URL by range
    std::map<Mac, std::string> device_urls;

    bool empty() const { return redirects.empty() && device_urls.empty(); }
    bool operator==(const OfferOverrides&) const = default;
};

inline constexpr std::size_t overrides_size_max = std::size_t{64} << 20U;

std::string encode_overrides(const OfferOverrides& overrides);
// Refused whole, with the line.
Result<OfferOverrides> decode_overrides(ByteView bytes);

// The same, for looking up.
class OverrideTable {
public:
    OverrideTable() = default;
    explicit OverrideTable(OfferOverrides overrides);

    // Of the narrowest range that holds the device, of equals the first; nothing: it is not
    // redirected.
    const std::string* redirect_of(const Mac& mac) const;
    const std::string* url_of(const Mac& mac) const;
    std::size_t redirect_count() const { return urls_.size(); }
    std::size_t device_count() const { return overrides_.device_urls.size(); }

private:
    OfferOverrides overrides_;
    MacRanges ranges_;
    std::vector<MacRange> by_id_;
    std::vector<std::string> urls_; // by the range's id
};

} // namespace plugtone
