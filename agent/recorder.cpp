#include "agent/recorder.hpp"

#include "core/base/log.hpp"

namespace plugtone {

void Recorder::record(const std::vector<Event>& events, long long now) {
    std::map<Mac, Identity> before; // option 60 of those that sent another one
    soci::transaction transaction(pipeline_.inventory().database());
    for (const Event& event : events) {
        journal_.add({now, event});
        const auto mac = event_subject(event);
        if (!mac)
            continue;
        Identity known = states_.of(*mac).identity(*mac);
        if (states_.apply(*mac, event, now).identity(*mac) != known)
            before.emplace(*mac, std::move(known));
    }
    transaction.commit();
    publish_recognised(before);
}

// Anybody can send any option 60 with any MAC: only another class is worth a publish, and all of
// one turn are one publish.
void Recorder::publish_recognised(const std::map<Mac, Identity>& known_before) {
    std::vector<std::string> changes;
    Scope scope;
    for (const auto& [mac, identity] : known_before) {
        const auto device = pipeline_.inventory().device(mac);
        if (!device || !device->class_name.empty())
            continue;
        const DeviceClass* was = pipeline_.classes().match(identity);
        const DeviceClass* is = pipeline_.class_of(*device);
        if (is == was)
            continue;
        scope.devices.insert(mac);
        changes.push_back("device " + mac.text() + " recognised as " +
                          (is == nullptr ? "nothing" : is->name));
    }
    if (changes.empty())
        return;
    const std::string more =
        changes.size() == 1 ? "" : " and " + std::to_string(changes.size() - 1) + " more";
    if (const auto published = pipeline_.publish(changes.front() + more, scope); !published)
        log(Level::error, "publish-failed",
            {{"change", changes.front() + more}, {"why", published.error().message}});
}

} // namespace plugtone
