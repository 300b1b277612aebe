#include "agent/recorder.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "core/base/text.hpp"

namespace plugtone {

// False: the database is out of order, which the log says. What it was to be told of the states, it
// is told the next time.
template <class Work>
bool Recorder::in_transaction(Work work) {
    try {
        soci::transaction transaction(pipeline_.inventory().database());
        work();
        states_.store();
        unknown_.store();
        transaction.commit();
        states_.stored();
        unknown_.stored();
        return true;
    } catch (const soci::soci_error& error) {
        log(Level::error, "journal-failed", {{"why", error.what()}});
        return false;
    }
}

void Recorder::record(const std::vector<Event>& events, long long now) {
    std::map<Mac, Identity> before; // what those were recognised by that have changed it
    std::vector<JournalEntry> entries;
    std::vector<std::pair<Mac, const Event*>> own; // of devices, what they fetched of their own
    entries.reserve(events.size());
    for (const Event& event : events) {
        const auto mac = event_subject(event);
        const auto owner = Mac::parse(event["OWNER"]);
        const bool known = (mac && states_.is_known(*mac)) || (owner && states_.is_known(*owner));
        entries.push_back({now, event, known});
        if (event.kind == EventKind::dropped)
            dropped_ += parse_number<std::uint64_t>(event["COUNT"]).value_or(0);
        if (!mac)
            continue;
        if (!states_.is_known(*mac) && !wait_in_queue(*mac, event, now))
            continue;
        if (states_.is_known(*mac)) {
            unknown_.forget(*mac);
            if (is_own_transfer(event))
                own.emplace_back(*mac, &event);
        }
        Identity was = states_.of(*mac).identity(*mac);
        if (states_.apply(*mac, event, now).identity(*mac) != was)
            before.emplace(*mac, std::move(was));
    }
    Recognised recognised;
    const auto write = [&] {
        journal_.add(entries);
        for (const auto& [mac, event] : own)
            watch_.take(mac, *event);
        recognised = recognised_anew(before);
        for (const Mac& mac : recognised.scope.devices) // should we end before it is published
            pipeline_.inventory().composed().look_again(mac);
    };
    if (!in_transaction(write)) {
        recognised = recognised_anew(before);
        lost_ += events.size();
        trim_at_ = 0; // its rows have to be counted anew
    }
    publish_recognised(recognised);
    watch_.publish();
}

// Of a phone that nobody added nothing is remembered but for those in the queue. False: it found no
// place there.
bool Recorder::wait_in_queue(const Mac& mac, const Event& event, long long now) {
    if (event.kind == EventKind::released) // says nothing of the phone
        return unknown_.all().contains(mac);
    Interest interest = Interest::stranger;
    if (pipeline_.classes().match(noted(states_.of(mac), event, now).identity(mac)) != nullptr)
        interest = event.kind == EventKind::offered || event.kind == EventKind::refused
                       ? Interest::recognised
                       : Interest::present;
    const UnknownPhones::Seen seen = unknown_.see(mac, interest, now);
    if (seen.made_place)
        states_.forget(*seen.made_place);
    return seen.kept;
}

std::vector<Mac> Recorder::pass_time(long long now) {
    std::vector<Mac> moved = states_.pass_time(now, moved_max);
    if (now < trim_at_ && moved.empty())
        return moved;
    const bool recount = trim_at_ == 0;
    const bool done = in_transaction([&] {
        if (recount)
            journal_.recount();
        if (now < trim_at_)
            return;
        states_.forget_strangers(now - strangers_age_max_s_, Journal::trim_step);
        unknown_.forget_before(now - strangers_age_max_s_);
        // As long as there is more, the next step comes soon, and others have their turn before.
        trim_at_ = now + (journal_.trim(now) ? 1 : trim_interval_s);
    });
    if (!done)
        trim_at_ = now + trim_interval_s;
    return moved;
}

long long Recorder::due() const {
    return std::min(states_.due().value_or(trim_at_), trim_at_);
}

// Anybody can send any option 60 with any MAC: only another class is worth a publish, and all of
// one turn are one publish.
Recorder::Recognised Recorder::recognised_anew(const std::map<Mac, Identity>& known_before) {
    Recognised recognised;
    for (const auto& [mac, identity] : known_before) {
        const auto device = pipeline_.inventory().device(mac);
        if (!device || !device->class_name.empty())
            continue;
        const DeviceClass* was = pipeline_.classes().match(identity);
        const DeviceClass* is = pipeline_.class_of(*device);
        if (is == was)
            continue;
        recognised.scope.devices.insert(mac);
        recognised.changes.push_back("device " + mac.text() + " recognised as " +
                                     (is == nullptr ? "nothing" : is->name));
    }
    return recognised;
}

void Recorder::publish_recognised(const Recognised& recognised) {
    const std::vector<std::string>& changes = recognised.changes;
    if (changes.empty())
        return;
    const std::string more =
        changes.size() == 1 ? "" : " and " + std::to_string(changes.size() - 1) + " more";
    if (const auto published = pipeline_.publish(changes.front() + more, recognised.scope);
        !published)
        log(Level::error, "publish-failed",
            {{"change", changes.front() + more}, {"why", published.error().message}});
}

} // namespace plugtone
