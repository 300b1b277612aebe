#include "agent/enrolment_object.hpp"

#include <algorithm>
#include <limits>

#include "agent/bus_errors.hpp"
#include "agent/device_objects.hpp"

namespace plugtone {

EnrolmentObject::EnrolmentObject(sdbus::IConnection& connection, LongCalls& long_calls,
                                 Enrolment& enrolment, Inventory& inventory,
                                 std::function<void()> catch_up)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(root_path)), long_calls_(long_calls),
      enrolment_(enrolment), inventory_(inventory), catch_up_(std::move(catch_up)) {
    registerAdaptor();
}

EnrolmentObject::~EnrolmentObject() {
    unregisterAdaptor();
}

std::vector<EnrolmentObject::BusPhone> EnrolmentObject::UnknownDevices() {
    return answer([&] {
        std::vector<BusPhone> all;
        for (const Enrolment::Waiting& one : enrolment_.unknown())
            all.emplace_back(one.mac.text(), one.class_name, one.state.address,
                             one.state.vendor_class,
                             std::string(state_name(one.state.journey.state)), one.seen.first_seen,
                             one.seen.last_seen);
        return all;
    });
}

std::tuple<sdbus::ObjectPath, std::vector<std::string>>
EnrolmentObject::AdoptDevice(const std::string& mac, const std::string& class_name,
                             const std::string& label,
                             const std::map<std::string, std::string>& parameters) {
    return answer([&] {
        const NewDevice device{value_or_throw(Mac::parse(mac)), class_name, label, parameters};
        auto notes = value_or_throw(enrolment_.adopt(device));
        return std::tuple(DeviceObjects::path_of(device.mac), std::move(notes));
    });
}

std::tuple<std::string, std::string, std::int64_t>
EnrolmentObject::IssuePin(const std::string& label, const std::string& class_name,
                          const std::map<std::string, std::string>& parameters,
                          const std::uint64_t& valid_s) {
    return answer([&] {
        constexpr std::uint64_t most = std::numeric_limits<std::int32_t>::max();
        const auto valid = static_cast<long long>(std::min(valid_s, most));
        const auto issued =
            value_or_throw(enrolment_.issue_pin(label, class_name, parameters, valid));
        return std::tuple(issued.record.id(), std::string(issued.pin.reveal()),
                          std::int64_t{issued.record.expires});
    });
}

std::vector<EnrolmentObject::BusPin> EnrolmentObject::Pins() {
    return answer([&] {
        std::vector<BusPin> all;
        for (const PinRecord& one : enrolment_.pins())
            all.emplace_back(one.id(), std::string(pin_state_name(one.state)), one.label,
                             one.class_name, one.issued, one.expires,
                             one.mac ? one.mac->text() : "");
        return all;
    });
}

std::tuple<std::string, sdbus::ObjectPath, std::string, std::vector<std::string>>
EnrolmentObject::RedeemPin(const std::string& pin, const std::string& mac) {
    return answer([&] {
        const Mac whom = value_or_throw(Mac::parse(mac));
        auto redeemed = value_or_throw(enrolment_.redeem_pin(pin, whom));
        return std::tuple(redeemed.record.id(), DeviceObjects::path_of(whom), redeemed.class_name,
                          std::move(redeemed.notes));
    });
}

std::string EnrolmentObject::RevokePin(const std::string& pin_or_id) {
    return answer([&] { return value_or_throw(enrolment_.revoke_pin(pin_or_id)).id(); });
}

void EnrolmentObject::Rebootstrap(const std::string& mac) {
    answer([&] {
        const Mac whom = value_or_throw(Mac::parse(mac));
        catch_up_();
        done_or_throw(enrolment_.rebootstrap(whom));
    });
}

std::vector<sdbus::Struct<std::string, std::string, std::int64_t>> EnrolmentObject::Windows() {
    return answer([&] {
        std::vector<sdbus::Struct<std::string, std::string, std::int64_t>> all;
        for (const auto& [mac, window] : inventory_.windows().open_ones())
            if (inventory_.has(mac))
                all.emplace_back(mac.text(), std::string(window_step_name(window.step)),
                                 std::int64_t{window.opened});
        return all;
    });
}

void EnrolmentObject::RotatePasswords(
    sdbus::Result<std::vector<std::string>, std::vector<std::string>>&& result,
    std::vector<std::string> macs) {
    long_calls_.add(std::move(result), [this, macs = std::move(macs)] {
        std::vector<Mac> wanted;
        wanted.reserve(macs.size());
        for (const std::string& mac : macs)
            wanted.push_back(value_or_throw(Mac::parse(mac)));
        catch_up_();
        auto rotated = value_or_throw(enrolment_.rotate_passwords(wanted));
        std::vector<std::string> begun;
        for (const Mac& mac : rotated.begun)
            begun.push_back(mac.text());
        return std::tuple(std::move(begun), std::move(rotated.notes));
    });
}

} // namespace plugtone
