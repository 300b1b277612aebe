// org.plugtone1.Enrolment at /org/plugtone1. The loop's thread.
#pragma once

#include <functional>

#include <sdbus-c++/sdbus-c++.h>

#include "agent/dbus/enrolment_adaptor.hpp"
#include "agent/enrolment.hpp"
#include "agent/long_calls.hpp"

namespace plugtone {

class EnrolmentObject final : public sdbus::AdaptorInterfaces<org::plugtone1::Enrolment_adaptor> {
public:
    // All must outlive it. catch_up: takes in the events that have come, so that none of before
    // counts for a window that opens now.
    EnrolmentObject(sdbus::IConnection& connection, LongCalls& long_calls, Enrolment& enrolment,
                    Inventory& inventory, std::function<void()> catch_up);
    EnrolmentObject(const EnrolmentObject&) = delete;
    EnrolmentObject& operator=(const EnrolmentObject&) = delete;
    ~EnrolmentObject();

private:
    using BusPhone = sdbus::Struct<std::string, std::string, std::string, std::string, std::string,
                                   std::int64_t, std::int64_t>;
    using BusPin = sdbus::Struct<std::string, std::string, std::string, std::string, std::int64_t,
                                 std::int64_t, std::string>;

    std::vector<BusPhone> UnknownDevices() override;
    std::tuple<sdbus::ObjectPath, std::vector<std::string>>
    AdoptDevice(const std::string& mac, const std::string& class_name, const std::string& label,
                const std::map<std::string, std::string>& parameters) override;
    std::tuple<std::string, std::string, std::int64_t>
    IssuePin(const std::string& label, const std::string& class_name,
             const std::map<std::string, std::string>& parameters,
             const std::uint64_t& valid_s) override;
    std::vector<BusPin> Pins() override;
    std::tuple<std::string, sdbus::ObjectPath, std::string, std::vector<std::string>>
    RedeemPin(const std::string& pin, const std::string& mac) override;
    std::string RevokePin(const std::string& pin_or_id) override;
    void Rebootstrap(const std::string& mac) override;
    std::vector<sdbus::Struct<std::string, std::string, std::int64_t>> Windows() override;
    void RotatePasswords(sdbus::Result<std::vector<std::string>, std::vector<std::string>>&& result,
                         std::vector<std::string> macs) override;

    LongCalls& long_calls_;
    Enrolment& enrolment_;
    Inventory& inventory_;
    std::function<void()> catch_up_;
};

} // namespace plugtone
