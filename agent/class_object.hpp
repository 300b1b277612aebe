// org.plugtone1.DeviceClass on the bus. The loop's thread.
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include "agent/bus_values.hpp"
#include "agent/dbus/deviceclass_adaptor.hpp"
#include "agent/long_calls.hpp"
#include "agent/operations.hpp"

namespace plugtone {

class ClassObject final : public sdbus::AdaptorInterfaces<org::plugtone1::DeviceClass_adaptor,
                                                          sdbus::ManagedObject_adaptor> {
public:
    static sdbus::ObjectPath path_of(const std::string& class_name);

    // The calls and the operations must outlive it.
    ClassObject(sdbus::IConnection& connection, LongCalls& long_calls, DeviceClass device_class,
                Operations& operations);
    ClassObject(const ClassObject&) = delete;
    ClassObject& operator=(const ClassObject&) = delete;
    ~ClassObject();

private:
    std::string Name() override;
    std::string Title() override;
    std::string Vendor() override;
    std::string Origin() override;
    std::string Url() override;
    std::vector<std::uint8_t> Options() override;
    std::string ConfigPrefix() override;
    std::string ConfigPostfix() override;
    std::vector<std::string> Firmware() override;
    std::string Access() override;
    std::string HttpAuth() override;
    bool LegacyTls() override;
    std::string ClientAnchors() override;
    std::string ClientRevoked() override;
    std::string Bootstrap() override;
    std::map<std::string, std::string> Defaults() override;
    std::string Family() override;
    std::vector<std::string> Models() override;
    std::map<std::string, std::string> Files() override;
    BusShared Parameters(const bool& reveal) override;
    void Set(sdbus::Result<std::vector<std::string>>&& result,
             std::map<std::string, std::string> parameters, bool is_public) override;
    void Unset(sdbus::Result<>&& result, std::vector<std::string> names) override;

    LongCalls& long_calls_;
    const DeviceClass class_;
    Operations& operations_;
};

} // namespace plugtone
