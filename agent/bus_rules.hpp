// What a call on the bus asks of its caller, for every method that the agent has: one table. A
// method without a row is refused (tests/unit/agent/bus_rules_test.cpp holds it against the
// interfaces' XML). Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace plugtone {

// As etc/polkit-1/actions/org.plugtone1.policy has them.
enum class Action {
    read,    // look at everything but secrets
    manage,  // change it
    secrets, // see passwords and what the dictionary calls a secret
    enrol,   // bring a phone to what was prepared for it
};
// "org.plugtone1.read"
std::string_view action_id(Action action);
// "see what the phones are set to, and what they did"; for "not authorised to …".
std::string_view action_text(Action action);

struct CallRule {
    std::string_view interface;
    std::string_view method;
    std::optional<Action> action; // nothing: anybody may, and it does not wait for others' calls
    // Its first argument is "reveal", a boolean: true asks for Action::secrets.
    bool first_reveals = false;
    // Of the arguments' texts, byte arrays and numbers together: more is refused unread.
    std::size_t size_max = 64 << 10;
    // It looks at what is in memory only, and is answered even while a long change is made.
    bool any_time = false;
};

// Nothing: there is no such method.
const CallRule* rule_of(std::string_view interface, std::string_view method);
const std::vector<CallRule>& call_rules();

} // namespace plugtone
