// A firmware's way to its phones, ring by ring: events and time in, pins out. A plain value that a
// test drives; what is pinned, and where it is kept, is agent/rollouts.hpp's.
//
// A phone that it is let in is pinned to the next firmware on its way and counts as downloading
// until it reports that version itself, or fails, or stays silent for too long. A ring is done when
// none of its phones waits or downloads any more and at least one of them has reported; then the
// next one begins. The first failure halts all.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/firmware/rollout_plan.hpp"
#include "agent/firmware/version.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"

namespace plugtone {

using Seconds = long long; // since 1970, or of a span

enum class RolloutState {
    running,
    paused,   // by the operator
    halted,   // by itself; the reason says why
    finished, // each ring is done
    aborted,  // what was pinned before counts again
};
std::string_view rollout_state_name(RolloutState state);
std::optional<RolloutState> rollout_state_named(std::string_view name);

enum class MemberState {
    waiting,     // for its ring, for a place among those that download, for quiet hours
    downloading, // pinned; it has not reported yet
    updated,     // it reports the new version
    failed,      // the reason says how
    silent,      // it was not heard of in time; it stays pinned, and may still come
};
std::string_view member_state_name(MemberState state);
std::optional<MemberState> member_state_named(std::string_view name);

struct Hop {
    long long firmware = 0; // ID
    FirmwareVersion version;
    FirmwareVersion below; // of a stepping stone: for phones below this; of the target: not used
};

struct RolloutPlan {
    long long id = 0;
    Hop target;
    std::vector<Hop> stones;
    std::string class_name; // empty: the phones that report the firmware's model
    Rings rings;
    std::optional<QuietHours> quiet_hours;
    unsigned downloads_max = 10;
    Seconds hearing_max = 24 * 3600LL; // from being pinned to asking for the configuration
    Seconds started = 0;
};

struct Member {
    Mac mac;
    std::size_t ring = 0;
    MemberState state = MemberState::waiting;
    long long firmware = 0; // that it is pinned to; 0: to nothing by this rollout
    long long settled = 0;  // of these the one whose version it has reported, a stepping stone
    Seconds since = 0;      // of being pinned, and then of its having asked
    bool asked = false;     // for its configuration, since it was pinned
    bool loaded = false;    // a firmware file, since it was pinned
    unsigned broken = 0;    // downloads that broke off
    std::string version;    // as it reports itself; empty: not known
    std::string reason;     // of failed and silent

    bool operator==(const Member&) const = default;
};

// What a phone did.
struct PhoneDid {
    enum class What {
        asked_for_configuration,
        got_firmware,
        lost_firmware, // its download broke off
    };
    Mac mac;
    What what = What::asked_for_configuration;
    std::optional<FirmwareVersion> version; // that it reports
};

struct PinOrder {
    Mac mac;
    long long firmware = 0; // 0: what was before the rollout counts
};

// How far it is.
struct RolloutProgress {
    RolloutState state = RolloutState::running;
    std::string reason; // of halted
    std::size_t ring = 0;
    Seconds ring_since = 0;

    bool operator==(const RolloutProgress&) const = default;
};

class Rollout {
public:
    // A phone that has asked has so long until it reports; its download may break off so often.
    static constexpr Seconds upgrade_max = 3600;
    static constexpr unsigned broken_max = 3;

    Rollout(RolloutPlan plan, RolloutProgress progress, std::vector<Member> members);

    const RolloutPlan& plan() const { return plan_; }
    const RolloutProgress& progress() const { return progress_; }
    const std::vector<Member>& members() const { return members_; }
    const Member* find(const Mac& mac) const;
    std::map<MemberState, std::size_t> counts() const;
    bool is_active() const; // running, paused or halted

    void on_phone(const PhoneDid& did, Seconds now);
    // It is in the inventory no more.
    void on_gone(const Mac& mac);
    // What time brings, and what is to be pinned now: a member is as if that were done when this
    // returns. minute: of the local day.
    std::vector<PinOrder> advance(Seconds now, unsigned minute);

    // The operator's. Each refuses what makes no sense in its state.
    Done pause();
    // After a halt: what has failed is known, and halts no more.
    Done resume();
    // The pins are the caller's to end.
    Done abort();
    // Something outside of it stands in its way.
    void halt(const std::string& reason);

private:
    Member* member(const Mac& mac);
    const Hop* next_hop(const Member& member) const;
    const Hop& hop_of(long long firmware) const;
    void fail_member(Member& member, const std::string& why);
    void reached(Member& member);
    void time_out(Seconds now);
    void withdraw(std::vector<PinOrder>& orders);
    void admit(std::vector<PinOrder>& orders, Seconds now);
    bool ring_is_done() const;
    void next_ring(Seconds now);

    RolloutPlan plan_;
    RolloutProgress progress_;
    std::vector<Member> members_; // in the order in which they are let in
    std::map<Mac, std::size_t> places_;
};

} // namespace plugtone
