// How devices come in: from the queue of unknown phones, by a PIN, and with their XML password.
// What an operator can do, and what events tell. Each call is whole or nothing. One thread; throws
// soci::soci_error when the database fails.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/enrolment_pins.hpp"
#include "agent/operations.hpp"
#include "agent/unknown_phones.hpp"

namespace plugtone {

class Enrolment {
public:
    using Clock = std::function<long long()>; // seconds since 1970

    // All must outlive it.
    Enrolment(Operations& operations, DeviceStates& states, UnknownPhones& unknown,
              EnrolmentPins& pins, Clock clock)
        : operations_(operations), states_(states), unknown_(unknown), pins_(pins),
          clock_(std::move(clock)) {}

    struct Waiting {
        Mac mac;
        std::string class_name; // that it would be of; empty: none
        DeviceState state;
        UnknownPhone seen;
    };
    // The phones that wait, the newest last.
    std::vector<Waiting> unknown();
    // Makes a device of one of them.
    Result<Notes> adopt(const NewDevice& wanted);

    Result<EnrolmentPins::Issued> issue_pin(const std::string& label, const std::string& class_name,
                                            const TypedSettings& settings, long long valid_s);
    std::vector<PinRecord> pins() { return pins_.all(clock_()); }
    struct Redeemed {
        PinRecord record;
        std::string class_name; // that the device is of
        Notes notes;
    };
    // Makes a device of that MAC, with the PIN's label and settings.
    Result<Redeemed> redeem_pin(std::string_view pin, const Mac& mac);
    Result<PinRecord> revoke_pin(std::string_view pin_or_id);

    // Opens the device's bootstrap window again.
    Done rebootstrap(const Mac& mac);
    struct Rotated {
        std::vector<Mac> begun;
        Notes notes; // which devices were left out, and why
    };
    // Gives each a new XML password; none named: all devices. One that is named and cannot have one
    // is an error, and nothing is done.
    Result<Rotated> rotate_passwords(const std::vector<Mac>& macs);

private:
    Pipeline& pipeline() { return operations_.pipeline(); }
    Inventory& inventory() { return operations_.inventory(); }
    Result<Rotation> rotation_for(const Device& device);
    Done check_served_here(const Mac& mac);

    Operations& operations_;
    DeviceStates& states_;
    UnknownPhones& unknown_;
    EnrolmentPins& pins_;
    Clock clock_;
};

} // namespace plugtone
