// Tells phones to look whether their file has changed, and watches whether they do: SIP NOTIFYs
// with RFC 3261's timers for a request over UDP (section 17.1.2), at a bounded rate, to a bounded
// number of phones at once. Fed with time, datagrams and fetches; says what to send. One thread; no
// socket, no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/sip_message.hpp"
#include "core/base/mac.hpp"

namespace plugtone {

struct ResyncTarget {
    Mac mac;
    SipEndpoint phone;
    std::string event;
};

enum class ResyncOutcome {
    waiting,  // for its turn
    notified, // the NOTIFY is out, and nothing has come back
    answered, // with a final response; its fetch may follow
    fetched,  // it has come for its file since
    silent,   // no answer within RFC 3261's timer F, and no fetch
    ignored,  // it answered, and did not come for its file in time
    failed,   // the datagram cannot be sent
};
std::string_view resync_outcome_name(ResyncOutcome outcome);
bool is_final(ResyncOutcome outcome);

struct ResyncReport {
    SipEndpoint phone;
    ResyncOutcome outcome = ResyncOutcome::waiting;
    int sent = 0;            // datagrams
    int status = 0;          // of its final response; 0: none
    std::string detail = {}; // its reason phrase, or why nothing could be sent

    bool operator==(const ResyncReport&) const = default;
};

struct ResyncLimits {
    std::uint32_t per_second = 10;          // NOTIFYs, repeated ones too
    std::size_t at_once = 50;               // phones that were notified and are not done
    std::chrono::seconds fetch_within{120}; // from the answer
};

class Resync {
public:
    using Clock = std::chrono::steady_clock;
    using Time = Clock::time_point;
    // RFC 3261, section 17.1.1.1.
    static constexpr std::chrono::milliseconds t1{500};
    static constexpr std::chrono::milliseconds t2{4000};
    static constexpr std::chrono::milliseconds timer_f = 64 * t1;

    struct Datagram {
        Mac mac;
        SipEndpoint to;
        std::string event;
        std::string call_id;
    };
    // make_call_id: random, another one each time.
    Resync(ResyncLimits limits, std::function<std::string()> make_call_id)
        : limits_(limits), make_call_id_(std::move(make_call_id)) {}

    // A device that is on its way already begins anew; one that is done is forgotten first.
    void add(const std::vector<ResyncTarget>& targets, Time now);
    // What has to be sent now; tell failed() of what cannot be.
    std::vector<Datagram> on_time(Time now);
    void failed(const Mac& mac, const std::string& why);
    // A response from that phone, and from nobody else.
    void on_response(const SipEndpoint& from, const SipResponse& response, Time now);
    // It has the whole of its own file.
    void on_fetch(const Mac& mac);
    // When on_time() is wanted; nothing: not before add().
    std::optional<Time> due() const;

    // Of all devices since the last time that nothing was under way.
    const std::map<Mac, ResyncReport>& reports() const { return reports_; }
    // Those whose outcome has changed since this was last asked.
    std::vector<Mac> take_changed();
    bool is_idle() const { return waiting_.empty() && running_.empty(); }

private:
    struct Running {
        ResyncTarget target;
        std::string call_id;
        Time begun;
        Time next;                       // repetition, or the end
        std::chrono::milliseconds pause; // before it
        bool is_answered = false;
    };

    void set(const Mac& mac, ResyncOutcome outcome, const std::string& detail = {});
    void give_up(const Mac& mac, const Running& running);

    ResyncLimits limits_;
    std::function<std::string()> make_call_id_;
    std::deque<ResyncTarget> waiting_;
    std::map<Mac, Running> running_;
    std::map<Mac, ResyncReport> reports_;
    std::vector<Mac> changed_;
    Time may_send_{}; // the rate allows the next one then
};

} // namespace plugtone
