#include "agent/firmware/rollout.hpp"

#include <algorithm>
#include <array>

namespace plugtone {

namespace {

constexpr std::array<std::pair<RolloutState, std::string_view>, 5> state_names = {{
    {RolloutState::running, "running"},
    {RolloutState::paused, "paused"},
    {RolloutState::halted, "halted"},
    {RolloutState::finished, "finished"},
    {RolloutState::aborted, "aborted"},
}};

constexpr std::array<std::pair<MemberState, std::string_view>, 5> member_names = {{
    {MemberState::waiting, "waiting"},
    {MemberState::downloading, "downloading"},
    {MemberState::updated, "updated"},
    {MemberState::failed, "failed"},
    {MemberState::silent, "silent"},
}};

template <class Names, class State>
std::string_view name_in(const Names& names, State state) {
    for (const auto& [known, name] : names)
        if (known == state)
            return name;
    return "";
}

template <class State, class Names>
std::optional<State> named_in(const Names& names, std::string_view text) {
    for (const auto& [known, name] : names)
        if (name == text)
            return known;
    return std::nullopt;
}

std::optional<FirmwareVersion> version_of(const Member& member) {
    return reported_version(member.version);
}

} // namespace

std::string_view rollout_state_name(RolloutState state) {
    return name_in(state_names, state);
}

std::optional<RolloutState> rollout_state_named(std::string_view name) {
    return named_in<RolloutState>(state_names, name);
}

std::string_view member_state_name(MemberState state) {
    return name_in(member_names, state);
}

std::optional<MemberState> member_state_named(std::string_view name) {
    return named_in<MemberState>(member_names, name);
}

Rollout::Rollout(RolloutPlan plan, RolloutProgress progress, std::vector<Member> members)
    : plan_(std::move(plan)), progress_(std::move(progress)), members_(std::move(members)) {
    std::sort(plan_.stones.begin(), plan_.stones.end(),
              [](const Hop& a, const Hop& b) { return a.version < b.version; });
    for (std::size_t at = 0; at < members_.size(); ++at)
        places_.emplace(members_[at].mac, at);
}

Member* Rollout::member(const Mac& mac) {
    const auto found = places_.find(mac);
    return found == places_.end() ? nullptr : &members_[found->second];
}

const Member* Rollout::find(const Mac& mac) const {
    const auto found = places_.find(mac);
    return found == places_.end() ? nullptr : &members_[found->second];
}

std::map<MemberState, std::size_t> Rollout::counts() const {
    std::map<MemberState, std::size_t> counts;
    for (const auto& [state, name] : member_names)
        counts[state] = 0;
    for (const Member& member : members_)
        ++counts[member.state];
    return counts;
}

bool Rollout::is_active() const {
    return progress_.state != RolloutState::finished && progress_.state != RolloutState::aborted;
}

const Hop& Rollout::hop_of(long long firmware) const {
    for (const Hop& stone : plan_.stones)
        if (stone.firmware == firmware)
            return stone;
    return plan_.target;
}

// Nothing while it cannot be told: which way a phone has to go depends on where it is.
const Hop* Rollout::next_hop(const Member& member) const {
    const auto has = version_of(member);
    if (!has)
        return plan_.stones.empty() ? &plan_.target : nullptr;
    for (const Hop& stone : plan_.stones)
        if (*has < stone.below && *has < stone.version)
            return &stone;
    return &plan_.target;
}

void Rollout::halt(const std::string& reason) {
    if (progress_.state != RolloutState::running)
        return;
    progress_.state = RolloutState::halted;
    progress_.reason = reason;
}

void Rollout::fail_member(Member& member, const std::string& why) {
    member.state = MemberState::failed;
    member.reason = why;
    halt("device " + member.mac.text() + " " + why);
}

// It reports the version that it is pinned to.
void Rollout::reached(Member& member) {
    member.reason.clear();
    member.asked = member.loaded = false;
    member.broken = 0;
    if (member.firmware == plan_.target.firmware) {
        member.state = MemberState::updated;
        return;
    }
    member.settled = member.firmware;
    member.state = MemberState::waiting; // for its next hop
}

void Rollout::on_phone(const PhoneDid& did, Seconds now) {
    Member* member = this->member(did.mac);
    if (member == nullptr || progress_.state == RolloutState::aborted)
        return;
    if (did.version)
        member->version = did.version->text();
    // It said nothing for so long that its ring went on without it.
    if (member->state == MemberState::silent && member->firmware == member->settled) {
        member->state = MemberState::waiting;
        member->reason.clear();
    }
    if (member->state == MemberState::waiting || member->state == MemberState::updated)
        return;
    // Files of firmware are fetched by the old version: only what it does after that counts.
    if (did.what == PhoneDid::What::asked_for_configuration && did.version &&
        *did.version == hop_of(member->firmware).version)
        return reached(*member);
    if (member->state == MemberState::failed)
        return;
    if (did.what == PhoneDid::What::asked_for_configuration && member->loaded && did.version)
        return fail_member(*member, "took the firmware and still reports " + member->version);
    if (!member->asked) {
        member->asked = true;
        member->since = now;
    }
    member->state = MemberState::downloading;
    member->reason.clear();
    if (did.what == PhoneDid::What::got_firmware)
        member->loaded = true;
    if (did.what == PhoneDid::What::lost_firmware && ++member->broken >= broken_max)
        fail_member(*member, "could not load the firmware: its download broke off " +
                                 std::to_string(broken_max) + " times");
}

void Rollout::on_gone(const Mac& mac) {
    Member* gone = member(mac);
    if (gone == nullptr || gone->state == MemberState::updated)
        return;
    gone->state = MemberState::silent;
    gone->reason = "is not in the inventory any more";
}

void Rollout::time_out(Seconds now) {
    for (Member& member : members_) {
        const bool loading = member.state == MemberState::downloading;
        if (loading && member.asked && now - member.since >= upgrade_max)
            fail_member(member, "has not reported " + hop_of(member.firmware).version.text() +
                                    " within " + std::to_string(upgrade_max / 60) +
                                    " minutes of asking for its configuration");
        const bool unheard =
            (loading && !member.asked && now - member.since >= plan_.hearing_max) ||
            (member.state == MemberState::waiting && member.ring == progress_.ring &&
             next_hop(member) == nullptr && now - progress_.ring_since >= plan_.hearing_max);
        if (unheard) {
            member.state = MemberState::silent;
            member.reason = loading ? "has not asked for its configuration since it was pinned"
                                    : "has not reported which version it has";
        }
    }
}

// Those that have not heard of it yet need not.
void Rollout::withdraw(std::vector<PinOrder>& orders) {
    for (Member& member : members_)
        if (member.state == MemberState::downloading && !member.asked) {
            member.state = MemberState::waiting;
            member.firmware = member.settled;
            orders.push_back({member.mac, member.settled});
        }
}

void Rollout::admit(std::vector<PinOrder>& orders, Seconds now) {
    auto loading = static_cast<std::size_t>(
        std::count_if(members_.begin(), members_.end(), [](const Member& member) {
            return member.state == MemberState::downloading;
        }));
    for (Member& member : members_) {
        if (member.state != MemberState::waiting || member.ring > progress_.ring)
            continue;
        const Hop* hop = next_hop(member);
        if (hop == nullptr)
            continue;
        const auto has = version_of(member);
        const bool has_it = has && *has == hop->version;
        if (!has_it && loading >= plan_.downloads_max)
            continue;
        member.firmware = hop->firmware;
        member.since = now;
        member.asked = member.loaded = false;
        member.broken = 0;
        orders.push_back({member.mac, hop->firmware});
        if (has_it) {
            reached(member);
        } else {
            member.state = MemberState::downloading;
            ++loading;
        }
    }
}

bool Rollout::ring_is_done() const {
    bool anybody = false;
    bool reported = false;
    bool silent = false;
    for (const Member& member : members_) {
        if (member.ring != progress_.ring)
            continue;
        anybody = true;
        if (member.state == MemberState::waiting || member.state == MemberState::downloading)
            return false;
        reported = reported || member.state == MemberState::updated;
        silent = silent || member.state == MemberState::silent;
    }
    return !anybody || reported || !silent;
}

void Rollout::next_ring(Seconds now) {
    if (progress_.ring + 1 >= plan_.rings.count()) {
        progress_.state = RolloutState::finished;
        return;
    }
    ++progress_.ring;
    progress_.ring_since = now;
}

std::vector<PinOrder> Rollout::advance(Seconds now, unsigned minute) {
    std::vector<PinOrder> orders;
    if (!is_active())
        return orders;
    time_out(now);
    if (progress_.state != RolloutState::running ||
        (plan_.quiet_hours && !plan_.quiet_hours->holds(minute))) {
        withdraw(orders);
        return orders;
    }
    while (progress_.state == RolloutState::running) {
        admit(orders, now);
        if (!ring_is_done())
            break;
        next_ring(now);
    }
    return orders;
}

Done Rollout::pause() {
    if (progress_.state != RolloutState::running)
        return fail(ErrorKind::refused, "rollout " + std::to_string(plan_.id) + " is " +
                                            std::string(rollout_state_name(progress_.state)) +
                                            ": only one that is running can be paused");
    progress_.state = RolloutState::paused;
    return {};
}

Done Rollout::resume() {
    if (progress_.state != RolloutState::paused && progress_.state != RolloutState::halted)
        return fail(ErrorKind::refused, "rollout " + std::to_string(plan_.id) + " is " +
                                            std::string(rollout_state_name(progress_.state)) +
                                            ": only one that is paused or halted can be resumed");
    progress_.state = RolloutState::running;
    progress_.reason.clear();
    return {};
}

Done Rollout::abort() {
    if (progress_.state == RolloutState::aborted)
        return fail(ErrorKind::refused,
                    "rollout " + std::to_string(plan_.id) + " is aborted already");
    progress_.state = RolloutState::aborted;
    progress_.reason.clear();
    return {};
}

} // namespace plugtone
