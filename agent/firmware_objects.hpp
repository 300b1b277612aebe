// org.plugtone1.Firmware and org.plugtone1.Rollout on the bus. The loop's thread.
#pragma once

#include <map>
#include <memory>

#include <sdbus-c++/sdbus-c++.h>

#include "agent/dbus/firmware_adaptor.hpp"
#include "agent/dbus/rollout_adaptor.hpp"
#include "agent/firmware_desk.hpp"
#include "agent/long_calls.hpp"

namespace plugtone {

class FirmwareObject final : public sdbus::AdaptorInterfaces<org::plugtone1::Firmware_adaptor,
                                                             sdbus::ManagedObject_adaptor> {
public:
    static sdbus::ObjectPath path_of(FirmwareId id);

    // Both must outlive it.
    FirmwareObject(sdbus::IConnection& connection, LongCalls& long_calls,
                   plugtone::Firmware firmware, FirmwareDesk& desk);
    FirmwareObject(const FirmwareObject&) = delete;
    FirmwareObject& operator=(const FirmwareObject&) = delete;
    ~FirmwareObject();

private:
    std::uint64_t Id() override { return static_cast<std::uint64_t>(firmware_.id); }
    std::string Model() override { return firmware_.model; }
    std::string Version() override { return firmware_.version.text(); }
    std::string Prefix() override { return firmware_.shelf.prefix; }
    std::string Postfix() override { return firmware_.shelf.postfix; }
    std::int64_t Imported() override { return firmware_.imported; }
    std::vector<sdbus::Struct<std::string, std::uint64_t, std::string>> Files() override;
    void Pin(sdbus::Result<>&& result, std::string mac, std::string class_name) override;
    void Remove() override;

    LongCalls& long_calls_;
    const plugtone::Firmware firmware_;
    FirmwareDesk& desk_;
};

class RolloutObject final
    : public sdbus::AdaptorInterfaces<org::plugtone1::Rollout_adaptor, sdbus::ManagedObject_adaptor,
                                      sdbus::Properties_adaptor> {
public:
    static sdbus::ObjectPath path_of(long long id);

    RolloutObject(sdbus::IConnection& connection, LongCalls& long_calls, long long id,
                  Rollouts& rollouts);
    RolloutObject(const RolloutObject&) = delete;
    RolloutObject& operator=(const RolloutObject&) = delete;
    ~RolloutObject();

    void changed();

private:
    std::uint64_t Id() override { return static_cast<std::uint64_t>(id_); }
    std::uint64_t Firmware() override;
    std::string Title() override { return title_; }
    std::string ClassName() override { return rollout().plan().class_name; }
    std::string State() override;
    std::string Reason() override { return rollout().progress().reason; }
    std::string Ring() override;
    std::string Rings() override { return rollout().plan().rings.text(); }
    std::string QuietHours() override;
    std::uint32_t DownloadsMax() override { return rollout().plan().downloads_max; }
    std::int64_t Started() override { return rollout().plan().started; }
    std::map<std::string, std::uint32_t> Counts() override;
    std::vector<sdbus::Struct<std::string, std::string, std::string, std::string, std::string>>
    Members() override;
    void Pause() override;
    void Resume(sdbus::Result<>&& result) override;
    void Abort(sdbus::Result<>&& result) override;

    const Rollout& rollout() const { return rollouts_.all().at(id_); }

    LongCalls& long_calls_;
    const long long id_;
    Rollouts& rollouts_;
    const std::string title_;
};

// Keeps the bus in step with both.
class FirmwareObjects {
public:
    // All must outlive it.
    FirmwareObjects(sdbus::IConnection& connection, LongCalls& long_calls, FirmwareDesk& desk);
    FirmwareObjects(const FirmwareObjects&) = delete;
    FirmwareObjects& operator=(const FirmwareObjects&) = delete;
    ~FirmwareObjects();

    // What an object's own handler took away goes here, outside of it.
    void sync();

private:
    void show(long long rollout);

    sdbus::IConnection& connection_;
    LongCalls& long_calls_;
    FirmwareDesk& desk_;
    std::map<FirmwareId, std::unique_ptr<FirmwareObject>> firmware_;
    std::map<long long, std::unique_ptr<RolloutObject>> rollouts_;
    bool stale_ = true;
};

} // namespace plugtone
