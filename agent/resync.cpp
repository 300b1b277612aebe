#include "agent/resync.hpp"

#include <algorithm>

namespace plugtone {

namespace {

// RFC 3261, section 17.1.2.2: a provisional response makes repetitions rare, and changes nothing
// else.
constexpr int provisional_below = 200;

} // namespace

std::string_view resync_outcome_name(ResyncOutcome outcome) {
    switch (outcome) {
    case ResyncOutcome::waiting:
        return "waiting";
    case ResyncOutcome::notified:
        return "notified";
    case ResyncOutcome::answered:
        return "answered";
    case ResyncOutcome::fetched:
        return "fetched";
    case ResyncOutcome::silent:
        return "silent";
    case ResyncOutcome::ignored:
        return "ignored";
    case ResyncOutcome::failed:
        return "failed";
    }
    return "";
}

bool is_final(ResyncOutcome outcome) {
    return outcome != ResyncOutcome::waiting && outcome != ResyncOutcome::notified &&
           outcome != ResyncOutcome::answered;
}

void Resync::set(const Mac& mac, ResyncOutcome outcome, const std::string& detail) {
    ResyncReport& report = reports_[mac];
    report.outcome = outcome;
    if (!detail.empty())
        report.detail = detail;
    changed_.push_back(mac);
}

void Resync::add(const std::vector<ResyncTarget>& targets, Time now) {
    if (is_idle()) {
        reports_.clear();
        may_send_ = now;
    }
    for (const ResyncTarget& target : targets) {
        running_.erase(target.mac);
        std::erase_if(waiting_, [&](const ResyncTarget& one) { return one.mac == target.mac; });
        reports_[target.mac] = ResyncReport{target.phone};
        waiting_.push_back(target);
        set(target.mac, ResyncOutcome::waiting);
    }
}

void Resync::give_up(const Mac& mac, const Running& running) {
    set(mac, running.is_answered ? ResyncOutcome::ignored : ResyncOutcome::silent);
}

std::vector<Resync::Datagram> Resync::on_time(Time now) {
    std::vector<Datagram> out;
    const auto spacing = std::chrono::nanoseconds(std::chrono::seconds(1)) / limits_.per_second;
    const auto send = [&](Running& running) {
        const ResyncTarget& target = running.target;
        out.push_back({target.mac, target.phone, target.event, running.call_id});
        ++reports_[target.mac].sent;
        may_send_ = std::max(may_send_, now) + spacing;
    };
    std::vector<Mac> ended;
    for (auto& [mac, running] : running_) {
        if (running.next > now)
            continue;
        if (running.is_answered || now - running.begun >= timer_f) {
            give_up(mac, running);
            ended.push_back(mac);
        } else if (may_send_ <= now) {
            send(running);
            running.pause = std::min(2 * running.pause, t2);
            running.next = std::min(now + running.pause, running.begun + timer_f);
        } else {
            running.next = may_send_; // the rate has it wait
        }
    }
    for (const Mac& mac : ended)
        running_.erase(mac);
    while (!waiting_.empty() && running_.size() < limits_.at_once && may_send_ <= now) {
        const ResyncTarget target = waiting_.front();
        waiting_.pop_front();
        const auto [at, fresh] = running_.insert_or_assign(
            target.mac, Running{target, make_call_id_(), now, now + t1, t1, false});
        send(at->second);
        set(target.mac, ResyncOutcome::notified);
    }
    return out;
}

void Resync::failed(const Mac& mac, const std::string& why) {
    if (running_.erase(mac) > 0)
        set(mac, ResyncOutcome::failed, why);
}

void Resync::on_response(const SipEndpoint& from, const SipResponse& response, Time now) {
    for (auto& [mac, running] : running_) {
        if (running.call_id != response.call_id || running.target.phone.address != from.address)
            continue;
        if (running.is_answered || response.method != "NOTIFY" ||
            response.branch != branch_of({{}, {}, {}, running.call_id}))
            return;
        if (response.status < provisional_below) {
            running.pause = t2;
            running.next = std::min(now + t2, running.begun + timer_f);
            return;
        }
        running.is_answered = true;
        running.next = now + limits_.fetch_within;
        reports_[mac].status = response.status;
        set(mac, ResyncOutcome::answered, response.reason);
        return;
    }
}

void Resync::on_fetch(const Mac& mac) {
    if (running_.erase(mac) > 0)
        set(mac, ResyncOutcome::fetched);
}

std::optional<Resync::Time> Resync::due() const {
    std::optional<Time> when;
    const auto sooner = [&](Time time) { when = when ? std::min(*when, time) : time; };
    for (const auto& [mac, running] : running_)
        sooner(running.next);
    if (!waiting_.empty() && running_.size() < limits_.at_once)
        sooner(may_send_);
    return when;
}

std::vector<Mac> Resync::take_changed() {
    std::vector<Mac> changed = std::exchange(changed_, {});
    std::sort(changed.begin(), changed.end());
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    return changed;
}

} // namespace plugtone
