// org.plugtone1.Manager at /org/plugtone1, and with it the objects of all devices and classes. The
// loop's thread.
#pragma once

#include <functional>
#include <memory>

#include <sdbus-c++/sdbus-c++.h>

#include "agent/class_object.hpp"
#include "agent/dbus/manager_adaptor.hpp"
#include "agent/device_objects.hpp"
#include "agent/firmware_desk.hpp"
#include "agent/kea_client.hpp"
#include "agent/long_calls.hpp"
#include "agent/notifier.hpp"

namespace plugtone {

class ManagerObject final : public sdbus::AdaptorInterfaces<org::plugtone1::Manager_adaptor,
                                                            sdbus::ObjectManager_adaptor> {
public:
    struct EventCounts {
        std::uint64_t malformed = 0; // datagrams that were no events
        std::uint64_t dropped = 0;   // by their senders, because nobody read them
        std::uint64_t lost = 0;      // the database did not take them
    };

    // All must outlive it.
    ManagerObject(sdbus::IConnection& connection, LongCalls& long_calls, Operations& operations,
                  DeviceStates& states, Journal& journal, KeaClient& kea, FirmwareDesk& firmware,
                  Notifier& notifier, std::function<EventCounts()> event_counts);
    // Where the tree, the database and the sockets are: their disks must have room.
    void set_folders(std::vector<std::string> folders) { folders_ = std::move(folders); }
    ManagerObject(const ManagerObject&) = delete;
    ManagerObject& operator=(const ManagerObject&) = delete;
    ~ManagerObject();

    // After a publish: objects come and go with the devices and classes. Devices outside the scope
    // are as they were.
    void published(Generation generation, const std::string& what, const Scope& scope);
    // Reads the class files anew, publishes what that changes, and tells Kea (Pipeline::reload).
    Result<Pipeline::Outcome> reload(bool force = false, const Pipeline::Progress& progress = {});
    // After each turn: gives back the memory that a look at thousands of devices took for a moment,
    // and looks at some of the files that the start found. True: there is more to do at once.
    bool rest();
    // After the recorder: tells the bus what happened.
    void happened(const std::vector<Event>& events, long long now);
    // The passing of time has moved these devices' states.
    void moved(const std::vector<plugtone::Mac>& devices, long long now);
    // The notifier has got on: tells the bus how far.
    void resynced();

private:
    std::map<std::string, sdbus::Variant> Status() override;
    std::tuple<sdbus::ObjectPath, std::vector<std::string>>
    AddDevice(const std::string& mac, const std::string& class_name, const std::string& label,
              const std::map<std::string, std::string>& parameters) override;
    void RemoveDevice(const std::string& mac) override;
    std::vector<sdbus::Struct<std::string, std::string, std::string, bool, std::string, std::string,
                              std::int64_t, bool, std::string, std::string, std::int64_t>>
    Devices() override;
    sdbus::ObjectPath ImportDevices(
        const std::vector<std::string>& columns,
        const std::vector<sdbus::Struct<std::uint32_t, std::vector<std::string>>>& rows) override;
    BusShared Site(const bool& reveal) override;
    void SetSite(sdbus::Result<std::vector<std::string>>&& result,
                 std::map<std::string, std::string> parameters, bool is_public) override;
    void UnsetSite(sdbus::Result<>&& result, std::vector<std::string> names) override;
    std::vector<sdbus::Struct<
        std::string, std::string, std::string, std::string, std::vector<std::string>,
        std::vector<sdbus::Struct<std::vector<std::string>, std::string, std::string>>>>
    Dictionary() override;
    void Lint(sdbus::Result<std::vector<BusFinding>>&& result) override;
    std::vector<sdbus::Struct<std::string, std::string>> Redirects() override;
    void AddRedirect(sdbus::Result<>&& result, std::string range, std::string url) override;
    void RemoveRedirect(sdbus::Result<>&& result, std::string range) override;
    void Explain(sdbus::Result<std::string>&& result, std::string mac) override;
    // See manager_health.cpp.
    void Health(sdbus::Result<std::string, std::string, std::vector<std::string>,
                              std::vector<std::string>>&& result) override;
    // Of these four see manager_firmware.cpp.
    sdbus::ObjectPath ImportFirmware(const sdbus::UnixFd& file, const std::string& file_name,
                                     const std::string& model, const std::string& version,
                                     const std::map<std::string, sdbus::Variant>& options) override;
    std::vector<sdbus::Struct<std::string, std::string, std::uint64_t>> FirmwarePins() override;
    void UnpinFirmware(sdbus::Result<>&& result, std::string mac, std::string class_name) override;
    sdbus::ObjectPath StartRollout(const std::uint64_t& firmware,
                                   const std::map<std::string, sdbus::Variant>& options) override;
    std::tuple<std::vector<std::string>, std::vector<sdbus::Struct<std::string, std::string>>>
    Resync(const std::vector<std::string>& macs, const std::string& which) override;
    std::vector<sdbus::Struct<std::string, std::string, std::string, std::uint32_t, std::uint32_t,
                              std::string>>
    ResyncReport() override;
    sdbus::ObjectPath Publish(const bool& force) override;
    void Preview(
        sdbus::Result<std::string, std::vector<BusDifference>, std::vector<BusFinding>>&& result,
        std::string change) override;
    void Undo(sdbus::Result<std::uint64_t, std::string>&& result) override;

    // A change that may take long, as a job.
    using Change = std::function<Result<nlohmann::json>(const Pipeline::Progress&)>;
    sdbus::ObjectPath start_job(const std::string& what, Change change);

    void sync_classes();

    sdbus::IConnection& connection_;
    LongCalls& long_calls_;
    Operations& operations_;
    DeviceStates& states_;
    Journal& journal_;
    KeaClient& kea_;
    FirmwareDesk& firmware_;
    Notifier& notifier_;
    std::function<EventCounts()> event_counts_;
    std::vector<std::string> folders_;
    DeviceObjects devices_;
    std::vector<std::unique_ptr<ClassObject>> classes_;
    std::string told_overrides_; // Pipeline::overrides_digest() that Kea has been told to read
    bool large_ = false;         // something that looks at all devices went by
};

} // namespace plugtone
