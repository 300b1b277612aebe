// Redirections and devices' own URLs, as rows of the inventory that know since and until which
// generation they hold. One thread. Throws soci::soci_error when the database fails.
#pragma once

#include <string>

#include <soci/soci.h>

#include "agent/generation.hpp"
#include "core/contracts/offer_overrides.hpp"

namespace plugtone {

class OverrideRows {
public:
    // The table is the inventory's.
    explicit OverrideRows(soci::session& database) : database_(database) {}

    // What holds now.
    OfferOverrides all();
    std::string url_of(const Mac& mac); // empty: its class's

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
