#include "agent/recorder.hpp"

#include "core/base/log.hpp"

namespace plugtone {

void Recorder::record(const std::vector<Event>& events, long long now) {
    std::vector<Mac> changed;
    soci::transaction transaction(operations_.inventory().database());
    for (const Event& event : events) {
        journal_.add({now, event});
        const auto mac = event_subject(event);
        if (!mac)
            continue;
        const std::string before = states_.of(*mac).vendor_class;
        if (states_.apply(*mac, event, now).vendor_class != before)
            changed.push_back(*mac);
    }
    transaction.commit();
    publish_recognised(changed);
}

void Recorder::publish_recognised(const std::vector<Mac>& devices) {
    for (const Mac& mac : devices) {
        const auto device = operations_.inventory().device(mac);
        if (!device || !device->class_name.empty())
            continue;
        const DeviceClass* device_class = operations_.class_of(*device);
        const auto published =
            operations_.publish("device " + mac.text() + " recognised as " +
                                (device_class == nullptr ? "nothing" : device_class->name));
        if (!published)
            log(Level::error, "publish-failed",
                {{"device", mac.text()}, {"why", published.error().message}});
    }
}

} // namespace plugtone
