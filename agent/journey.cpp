#include "agent/journey.hpp"

#include <algorithm>
#include <array>

namespace plugtone {

namespace {

constexpr std::array<std::pair<State, std::string_view>, 8> names = {{
    {State::unseen, "unseen"},
    {State::seen, "seen"},
    {State::offered, "offered"},
    {State::leased, "leased"},
    {State::asked, "asked"},
    {State::fetched, "fetched"},
    {State::outdated, "outdated"},
    {State::up_to_date, "up-to-date"},
}};

// Of the names asked for in vain: enough to see what the phone is after.
constexpr std::size_t missing_size_max = 160;

void go(Journey& journey, State state, long long now) {
    if (journey.state == state && journey.since != 0)
        return;
    journey.state = state;
    journey.since = now;
    journey.stuck_since = 0;
    journey.why.clear();
}

// Again, it is stuck since the first time, and for the newest reason.
void stick(Journey& journey, std::string why, long long now) {
    if (!journey.is_stuck())
        journey.stuck_since = now;
    journey.why = std::move(why);
}

bool is_own(const Event& event) {
    return !event["OWNER"].empty() && event["OWNER"] == event["MAC"];
}

bool is_xml(std::string_view name) {
    return name.find(".xml") != std::string_view::npos;
}

// "cfg.xml" or "cfggxp2160.xml", with a prefix and a postfix or without.
bool is_for_everybody(const Event& event) {
    const std::string_view name = event["NAME"];
    return event["OWNER"].empty() && is_xml(name) && name.find("cfg") != std::string_view::npos;
}

std::string left_out(const Event& event) {
    std::string codes;
    for (const auto& [key, value] : event.fields)
        if (key == "LEFT_OUT")
            codes += (codes.empty() ? "" : ", ") + value;
    return codes.empty() ? std::string()
                         : "the answer had no room for option " + codes + " ('device explain')";
}

std::string with_hint(std::string why, const Journey& journey) {
    return journey.hint.empty() ? why : std::move(why) + "; " + journey.hint;
}

void add_missing(Journey& journey, std::string_view name) {
    const std::string word = " " + std::string(name) + " ";
    if ((" " + journey.missing + " ").find(word) != std::string::npos ||
        journey.missing.size() + word.size() > missing_size_max)
        return;
    journey.missing += (journey.missing.empty() ? "" : " ") + std::string(name);
}

std::string why_asked(const Journey& journey) {
    if (journey.missing.empty())
        return with_hint("it asked for files, and has not got the whole of its own one", journey);
    return with_hint("it asked for what does not exist: " + journey.missing +
                         ". Is that how its file is named (its class's <names>, P234, P235), and "
                         "does it ask for XML?",
                     journey);
}

} // namespace

std::string_view state_name(State state) {
    for (const auto& [known, name] : names)
        if (known == state)
            return name;
    return "";
}

std::optional<State> state_named(std::string_view text) {
    for (const auto& [known, name] : names)
        if (name == text)
            return known;
    return std::nullopt;
}

bool OwnFiles::holds(const std::string& hash) const {
    return std::find(sha256.begin(), sha256.end(), hash) != sha256.end();
}

Journey JourneyRules::on_event(Journey journey, const Event& event, const OwnFiles& live,
                               long long now) const {
    switch (event.kind) {
    case EventKind::offered:
        on_offer(journey, event, now);
        break;
    case EventKind::leased:
        // Without an offer before it, it is a renewal: the phone has no reason to ask for files.
        if (journey.state == State::offered)
            go(journey, State::leased, now);
        else if (journey.state == State::unseen)
            go(journey, State::seen, now);
        break;
    case EventKind::released:
    case EventKind::refused:
        on_trouble(journey, event, now);
        break;
    case EventKind::transfer_started:
    case EventKind::transfer_absent:
        on_request(journey, event, now);
        break;
    case EventKind::transfer_done:
        if (is_own(event) && (is_xml(event["NAME"]) || !live.has_xml))
            on_own_file(journey, event, now);
        else
            on_request(journey, event, now);
        break;
    case EventKind::transfer_failed:
    case EventKind::transfer_refused:
        on_trouble(journey, event, now);
        break;
    case EventKind::dropped:
        break;
    }
    return journey;
}

void JourneyRules::on_offer(Journey& journey, const Event& event, long long now) const {
    // An ACK may be a renewal, which is no step back; a boot begins with DISCOVER and OFFER.
    if (event["MESSAGE"] != "OFFER") {
        if (journey.state == State::unseen)
            go(journey, State::seen, now);
        return;
    }
    if (journey.state != State::offered)
        journey.missing.clear();
    journey.hint = left_out(event);
    go(journey, State::offered, now);
}

void JourneyRules::on_request(Journey& journey, const Event& event, long long now) const {
    const bool booting = journey.state == State::offered || journey.state == State::leased;
    const bool before = booting || journey.state == State::unseen || journey.state == State::seen;
    if (booting || (before && is_own(event)))
        go(journey, State::asked, now);
    else if (journey.state == State::unseen)
        go(journey, State::seen, now);
    if (event.kind == EventKind::transfer_absent && journey.state == State::asked)
        add_missing(journey, event["NAME"]);
    if (event.kind == EventKind::transfer_done && journey.state == State::fetched &&
        is_for_everybody(event))
        journey.hint = "right after it, it took " + std::string(event["NAME"]) +
                       ", as phones do that cannot use their own (or with P8467 set, always)";
}

void JourneyRules::on_own_file(Journey& journey, const Event& event, long long now) const {
    const std::string hash(event["SHA256"]);
    const bool same = journey.fetched_at != 0 && journey.fetched == hash;
    const bool again = same && now - journey.fetched_at < limits_.settle_s;
    const bool proven = journey.state == State::up_to_date || journey.state == State::outdated;
    journey.fetches = again ? journey.fetches + 1 : 1;
    journey.fetched = hash;
    journey.fetched_at = now;
    journey.missing.clear();
    journey.hint.clear();
    if (journey.fetches >= limits_.fetches_max) {
        go(journey, State::fetched, now);
        stick(journey,
              "it fetched its file " + std::to_string(journey.fetches) +
                  " times in a row: it cannot decrypt it, most likely because it does not know its "
                  "XML password (P1359; 'device secret')",
              now);
        return;
    }
    if (proven && same) // it looked whether there is something new
        return;
    if (!again) { // what was held against it was another file, or long ago
        journey.stuck_since = 0;
        journey.why.clear();
    }
    go(journey, State::fetched, now);
}

void JourneyRules::on_trouble(Journey& journey, const Event& event, long long now) const {
    const bool waits = journey.state == State::offered || journey.state == State::leased ||
                       journey.state == State::seen || journey.state == State::unseen;
    if (event.kind == EventKind::refused) { // the device begins anew
        go(journey, State::seen, now);
        journey.hint = "DHCP refused the address that it wanted";
        return;
    }
    if (event.kind == EventKind::released) {
        const bool declined = event["REASON"] == "decline";
        if (declined || (waits && !journey.is_stuck() && journey.state != State::unseen)) {
            go(journey, State::seen, now); // it has left, as far as anybody can tell
            journey.hint = declined ? "it declined " + std::string(event["IP"]) +
                                          ", which another device on the wire uses"
                                    : "";
        }
        return;
    }
    if (!is_own(event))
        return;
    const std::string name(event["NAME"]);
    const std::string reason(event["REASON"]);
    const std::string why = event.kind == EventKind::transfer_refused
                                ? "its own file " + name + " was refused: " + reason
                                : "its own file " + name + " did not get through: " + reason;
    if (waits || journey.state == State::asked) {
        go(journey, State::asked, now);
        stick(journey, why, now);
    } else if (journey.state == State::outdated) {
        stick(journey, why, now);
    }
}

Journey JourneyRules::on_publish(Journey journey, const OwnFiles& live, long long now) const {
    if (live.sha256.empty()) // it has no files now: nothing to be up to date with
        return journey;
    if (journey.state == State::up_to_date && !live.holds(journey.fetched))
        go(journey, State::outdated, now);
    else if (journey.state == State::outdated && live.holds(journey.fetched))
        go(journey, State::up_to_date, now);
    return journey;
}

std::optional<long long> JourneyRules::due(const Journey& journey) const {
    if (journey.is_stuck())
        return std::nullopt;
    const long long since = std::max(journey.since, watched_since_);
    switch (journey.state) {
    case State::unseen:
    case State::up_to_date:
        return std::nullopt;
    case State::seen:
        return journey.hint.empty() ? std::nullopt : std::optional(since + limits_.lease_s);
    case State::offered:
        return since + limits_.lease_s;
    case State::leased:
        return since + limits_.ask_s;
    case State::asked:
        return since + limits_.fetch_s;
    case State::fetched:
        return std::max(journey.fetched_at, watched_since_) + limits_.settle_s;
    case State::outdated:
        return since + limits_.poll_s;
    }
    return std::nullopt;
}

void JourneyRules::settle(Journey& journey, const OwnFiles& live, long long now) const {
    if (!journey.hint.empty())
        return stick(journey, "it has its own file; " + journey.hint, now);
    go(journey, live.holds(journey.fetched) ? State::up_to_date : State::outdated, now);
}

Journey JourneyRules::on_time(Journey journey, const OwnFiles& live, long long now) const {
    const auto when = due(journey);
    if (!when || now < *when)
        return journey;
    switch (journey.state) {
    case State::unseen:
    case State::up_to_date:
        break;
    case State::seen:
        stick(journey, journey.hint + ", and it has not come back since", now);
        break;
    case State::offered:
        stick(journey,
              with_hint("it was told where its files are, and took no address: it may have taken "
                        "another DHCP server's",
                        journey),
              now);
        break;
    case State::leased:
        stick(journey,
              with_hint("it has an address, and asked for no file: it may not heed DHCP (P145), or "
                        "go elsewhere (P237, P212)",
                        journey),
              now);
        break;
    case State::asked:
        stick(journey, why_asked(journey), now);
        break;
    case State::fetched:
        settle(journey, live, now);
        break;
    case State::outdated:
        stick(journey, "it has not come for the file that is live now ('plugtonectl resync')", now);
        break;
    }
    return journey;
}

} // namespace plugtone
