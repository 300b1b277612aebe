// Redirections and devices' own URLs, as rows of the inventory that know since and until which
// generation they hold. One thread. Throws soci::soci_error when the database fails.
#pragma once

#include <string>
#include <vector>

#include <soci/soci.h>

#include "agent/generation.hpp"
#include "core/contracts/offer_overrides.hpp"

namespace plugtone {

class OverrideRows {
public:
    // A row's kind.
    static constexpr const char* of_redirect = "redirect";
    static constexpr const char* of_device = "device";

    // The table is the inventory's.
    explicit OverrideRows(soci::session& database) : database_(database) {}

    // What holds now.
    OfferOverrides all();
    std::string url_of(const Mac& mac); // empty: its class's

    // The ranges whose redirections that generation made or ended.
    std::vector<MacRange> redirects_touched_by(Generation generation);

    // Inside a transaction of the caller's; false if there was nothing to end.
    void set_redirect(Generation generation, const MacRange& range, const std::string& url);
    bool unset_redirect(Generation generation, const MacRange& range);
    void set_url(Generation generation, const Mac& mac, const std::string& url);
    bool unset_url(Generation generation, const Mac& mac);

private:
    void set(Generation generation, const std::string& kind, const std::string& whom,
             const std::string& url);
    bool unset(Generation generation, const std::string& kind, const std::string& whom);

    soci::session& database_;
};

} // namespace plugtone
