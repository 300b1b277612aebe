#include "agent/rollout_rows.hpp"

#include "core/base/text.hpp"

namespace plugtone {

namespace {

const Firmware* firmware_in(const std::vector<Firmware>& all, FirmwareId id) {
    for (const Firmware& one : all)
        if (one.id == id)
            return &one;
    return nullptr;
}

std::string stones_text(const std::vector<Hop>& stones) {
    std::string text;
    for (const Hop& stone : stones)
        text += (text.empty() ? "" : " ") + SteppingStone{stone.firmware, stone.below}.text();
    return text;
}

std::vector<Hop> stones_of(const std::string& text, const std::vector<Firmware>& firmware) {
    std::vector<Hop> stones;
    for (const std::string_view word : words(text)) {
        const SteppingStone stone = SteppingStone::parse(word).value(); // we wrote it
        if (const Firmware* known = firmware_in(firmware, stone.firmware))
            stones.push_back({known->id, known->version, stone.below.value_or(known->version)});
    }
    return stones;
}

} // namespace

std::vector<Member> RolloutRows::members(long long rollout) {
    const soci::rowset<soci::row> rows =
        (database_.prepare << "SELECT mac, ring, state, firmware, settled, since, asked, loaded, "
                              "broken, version, reason FROM rollout_member WHERE rollout = "
                              ":rollout ORDER BY place",
         soci::use(rollout));
    std::vector<Member> members;
    for (const soci::row& row : rows) {
        Member member;
        member.mac = Mac::parse(row.get<std::string>(0)).value(); // we wrote it
        member.ring = static_cast<std::size_t>(row.get<long long>(1));
        member.state = member_state_named(row.get<std::string>(2)).value_or(MemberState::waiting);
        member.firmware = row.get<long long>(3);
        member.settled = row.get<long long>(4);
        member.since = row.get<long long>(5);
        member.asked = row.get<long long>(6) != 0;
        member.loaded = row.get<long long>(7) != 0;
        member.broken = static_cast<unsigned>(row.get<long long>(8));
        member.version = row.get<std::string>(9);
        member.reason = row.get<std::string>(10);
        members.push_back(std::move(member));
    }
    return members;
}

std::map<long long, Rollout> RolloutRows::all(const std::vector<Firmware>& firmware) {
    const soci::rowset<soci::row> rows =
        (database_.prepare << "SELECT id, firmware, stones, class, rings, quiet_hours, "
                              "downloads_max, hearing_max, started, state, reason, ring, "
                              "ring_since FROM rollout ORDER BY id");
    std::vector<std::pair<RolloutPlan, RolloutProgress>> found;
    for (const soci::row& row : rows) {
        const Firmware* target = firmware_in(firmware, row.get<long long>(1));
        if (target == nullptr)
            continue;
        RolloutPlan plan;
        plan.id = row.get<long long>(0);
        plan.target = {target->id, target->version, target->version};
        plan.stones = stones_of(row.get<std::string>(2), firmware);
        plan.class_name = row.get<std::string>(3);
        plan.rings = Rings::parse(row.get<std::string>(4)).value(); // we wrote it
        if (const auto hours = QuietHours::parse(row.get<std::string>(5)))
            plan.quiet_hours = *hours;
        plan.downloads_max = static_cast<unsigned>(row.get<long long>(6));
        plan.hearing_max = row.get<long long>(7);
        plan.started = row.get<long long>(8);
        found.emplace_back(
            std::move(plan),
            RolloutProgress{
                rollout_state_named(row.get<std::string>(9)).value_or(RolloutState::halted),
                row.get<std::string>(10), static_cast<std::size_t>(row.get<long long>(11)),
                row.get<long long>(12)});
    }
    std::map<long long, Rollout> all;
    for (auto& [plan, progress] : found) {
        const long long id = plan.id;
        all.emplace(id, Rollout(std::move(plan), std::move(progress), members(id)));
    }
    return all;
}

long long RolloutRows::next_id() {
    long long id = 0;
    database_ << "SELECT COALESCE(MAX(id), 0) + 1 FROM rollout", soci::into(id);
    return id;
}

void RolloutRows::add(const Rollout& rollout) {
    const RolloutPlan& plan = rollout.plan();
    const RolloutProgress& progress = rollout.progress();
    const std::string stones = stones_text(plan.stones);
    const std::string rings = plan.rings.text();
    const std::string quiet = plan.quiet_hours ? plan.quiet_hours->text() : "";
    const long long downloads_max = plan.downloads_max;
    const std::string state(rollout_state_name(progress.state));
    const auto ring = static_cast<long long>(progress.ring);
    database_ << "INSERT INTO rollout (id, firmware, stones, class, rings, quiet_hours, "
                 "downloads_max, hearing_max, started, state, reason, ring, ring_since) VALUES "
                 "(:id, :firmware, :stones, :class, :rings, :quiet, :downloads, :hearing, "
                 ":started, :state, :reason, :ring, :ring_since)",
        soci::use(plan.id), soci::use(plan.target.firmware), soci::use(stones),
        soci::use(plan.class_name), soci::use(rings), soci::use(quiet), soci::use(downloads_max),
        soci::use(plan.hearing_max), soci::use(plan.started), soci::use(state),
        soci::use(progress.reason), soci::use(ring), soci::use(progress.ring_since);
    std::string mac, version;
    long long place = 0, member_ring = 0;
    soci::statement insert =
        (database_.prepare
             << "INSERT INTO rollout_member (rollout, mac, place, ring, state, firmware, settled, "
                "generation, since, asked, loaded, broken, version, reason) VALUES (:rollout, "
                ":mac, :place, :ring, 'waiting', 0, 0, 0, 0, 0, 0, 0, :version, '')",
         soci::use(plan.id), soci::use(mac), soci::use(place), soci::use(member_ring),
         soci::use(version));
    for (const Member& member : rollout.members()) {
        mac = member.mac.text();
        version = member.version;
        member_ring = static_cast<long long>(member.ring);
        insert.execute(true);
        ++place;
    }
}

void RolloutRows::change(const Rollout& before, const Rollout& after,
                         const std::vector<PinOrder>& orders, Generation generation) {
    const long long id = after.plan().id;
    if (before.progress() != after.progress()) {
        const RolloutProgress& progress = after.progress();
        const std::string state(rollout_state_name(progress.state));
        const auto ring = static_cast<long long>(progress.ring);
        database_ << "UPDATE rollout SET state = :state, reason = :reason, ring = :ring, "
                     "ring_since = :since WHERE id = :id",
            soci::use(state), soci::use(progress.reason), soci::use(ring),
            soci::use(progress.ring_since), soci::use(id);
    }
    for (std::size_t at = 0; at < after.members().size(); ++at) {
        const Member& member = after.members()[at];
        if (member == before.members()[at])
            continue;
        const std::string mac = member.mac.text();
        const std::string state(member_state_name(member.state));
        const long long asked = member.asked ? 1 : 0;
        const long long loaded = member.loaded ? 1 : 0;
        const long long broken = member.broken;
        database_ << "UPDATE rollout_member SET state = :state, firmware = :firmware, settled = "
                     ":settled, since = :since, asked = :asked, loaded = :loaded, broken = "
                     ":broken, version = :version, reason = :reason WHERE rollout = :id AND mac = "
                     ":mac",
            soci::use(state), soci::use(member.firmware), soci::use(member.settled),
            soci::use(member.since), soci::use(asked), soci::use(loaded), soci::use(broken),
            soci::use(member.version), soci::use(member.reason), soci::use(id), soci::use(mac);
    }
    for (const PinOrder& order : orders) {
        const std::string mac = order.mac.text();
        database_ << "UPDATE rollout_member SET generation = :generation WHERE rollout = :id AND "
                     "mac = :mac",
            soci::use(generation), soci::use(id), soci::use(mac);
    }
}

} // namespace plugtone
