#include "agent/enrolment_watch.hpp"

#include <utility>

#include "core/base/log.hpp"

namespace plugtone {

bool is_own_transfer(const Event& event) {
    if (event["MAC"].empty() || event["OWNER"] != event["MAC"] || !event["REASON"].empty())
        return false;
    if (event.kind == EventKind::transfer_started)
        return true;
    return event.kind == EventKind::transfer_done &&
           (event["SIZE"].empty() || event["SIZE"] == event["BYTES"]);
}

void EnrolmentWatch::take(const Mac& mac, const Event& event) {
    if (!is_own_transfer(event))
        return;
    Inventory& inventory = pipeline_.inventory();
    const auto window = inventory.windows().open_one(mac);
    const auto rotation = inventory.rotations().of(mac);
    if (!window && !rotation)
        return;
    const auto file = pipeline_.own_file(mac, event["NAME"]);
    if (!file)
        return;
    if (window) {
        const WindowStep step = next_step(window->step, event.kind, *file);
        if (step != window->step)
            inventory.windows().move(mac, step);
        if (step == WindowStep::closed) {
            inventory.composed().look_again(mac); // should we end before it is published
            due_.insert(mac);
        }
    }
    if (rotation && event.kind == EventKind::transfer_done && *file == OwnFile::rotated)
        proven_.insert(mac);
}

// In a fleet, the others are told of the new passwords; while they cannot be, the old ones stay.
Done EnrolmentWatch::publish_due(const std::string& what) {
    Scope scope;
    scope.devices = due_;
    scope.devices.insert(proven_.begin(), proven_.end());
    if (proven_.empty()) {
        const auto published = pipeline_.publish(what, scope);
        return published ? Done{} : tl::unexpected(published.error());
    }
    Inventory& inventory = pipeline_.inventory();
    std::set<RowKey> changed;
    for (const Mac& mac : proven_)
        if (inventory.has(mac))
            changed.insert(row_of_device(mac.text()));
    const auto finish = [&](Generation) -> Done {
        for (const Mac& mac : proven_) {
            const auto rotation = inventory.rotations().of(mac);
            if (!rotation)
                continue;
            inventory.rotations().finish(mac);
            // It goes on asking there until it is told otherwise.
            if (const auto shelf = Shelf::make(rotation->prefix, rotation->postfix))
                inventory.tell_shelf(mac, shelf->folder());
        }
        return {};
    };
    const auto made = pipeline_.carry_on(what, scope, finish, changed);
    return made ? Done{} : tl::unexpected(made.error());
}

void EnrolmentWatch::publish() {
    const std::size_t count = due_.size() + proven_.size();
    if (count == 0)
        return;
    const Mac& first = proven_.empty() ? *due_.begin() : *proven_.begin();
    const std::string more = count == 1 ? "" : " and " + std::to_string(count - 1) + " more";
    const std::string what = "device " + first.text() + more + " has its XML password";
    if (const Done done = publish_due(what); !done) {
        if (std::exchange(failure_, done.error().message) != done.error().message)
            log(Level::error, "publish-failed", {{"change", what}, {"why", done.error().message}});
        return;
    }
    failure_.clear();
    due_.clear();
    proven_.clear();
}

} // namespace plugtone
