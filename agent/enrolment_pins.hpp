// PINs (the guide, "Provisioning Flow", the two phases): each stands for a label and settings, and
// makes a device of one MAC address, once. Of a PIN only a keyed hash is kept, of its settings only
// what is sealed. Rows of the database; one thread; throws soci::soci_error when the database
// fails.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <soci/soci.h>

#include "agent/operations.hpp"
#include "agent/secret_box.hpp"
#include "agent/throttle.hpp"

namespace plugtone {

enum class PinState { open, redeemed, revoked, expired };
std::string_view pin_state_name(PinState state);

struct PinRecord {
    long long number = 0;
    std::string label;
    std::string class_name; // empty: as the phone is recognised
    long long issued = 0;   // seconds since 1970; likewise:
    long long expires = 0;
    PinState state = PinState::open;
    std::optional<Mac> mac; // that redeemed it

    // For people and for revoking: "p12", which is no PIN.
    std::string id() const { return "p" + std::to_string(number); }
};

class EnrolmentPins {
public:
    static constexpr int digits = 10;
    // Open ones at a time: with more, guessing would pay.
    static constexpr int open_max = 1000;
    static constexpr ThrottleRule for_mac{5, 60, 86'400, 86'400};
    // Of all MAC addresses together; longer, since a few mistyped PINs are everyday.
    static constexpr ThrottleRule for_all{20, 60, 3600, 86'400};

    EnrolmentPins(soci::session& database, SecretBox box);

    struct Issued {
        Secret pin; // told once
        PinRecord record;
    };
    Result<Issued> issue(const std::string& label, const std::string& class_name,
                         const TypedSettings& settings, long long valid_s, long long now);
    // The newest first; those that ended long ago are gone.
    std::vector<PinRecord> all(long long now);

    struct Found {
        PinRecord record;
        TypedSettings settings;
    };
    // The open PIN of these digits, for that MAC. A wrong one counts; while there were too many, it
    // is not looked at.
    Result<Found> look_up(std::string_view pin, const Mac& mac, long long now);
    // Inside a transaction of the caller's.
    void redeem(const PinRecord& record, const Mac& mac);
    // By its digits or its id; an open one.
    Result<PinRecord> revoke(std::string_view pin_or_id, long long now);

private:
    std::optional<PinRecord> find(const std::string& column, const std::string& value,
                                  long long now);
    std::string hash_of(std::string_view pin) const;
    Done check_throttle(const std::string& whom, long long now);
    void count_wrong(const Mac& mac, long long now);
    Throttle throttle_of(const std::string& whom);
    void store(const std::string& whom, const Throttle& throttle);
    void set_state(const PinRecord& record, PinState state, const std::string& mac);
    void prune(long long now);

    soci::session& database_;
    SecretBox box_;
    SecretBox hashing_; // under a key of its own, which outlives the master key
};

} // namespace plugtone
