#include "kea-hook/lease_commands.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace plugtone {

namespace {

using isc::data::ConstElementPtr;
using isc::data::Element;

constexpr std::array<std::string_view, 3> of_one = {"lease4-add", "lease4-update", "lease4-del"};
constexpr std::array<std::string_view, 2> of_many = {"lease4-wipe", "ha-sync"};

template <class Names>
bool is_in(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

ConstElementPtr member(const ConstElementPtr& map, const std::string& name, int type) {
    if (!map || map->getType() != Element::map)
        return {};
    ConstElementPtr value = map->get(name);
    return value && value->getType() == type ? value : ConstElementPtr();
}

} // namespace

LeaseChange change_by(const std::string& command, const ConstElementPtr& arguments,
                      const ConstElementPtr& response) {
    const ConstElementPtr result = member(response, "result", Element::integer);
    if (!result || result->intValue() != 0)
        return NoLease{};
    if (command == "ha-heartbeat") {
        const ConstElementPtr state =
            member(member(response, "arguments", Element::map), "state", Element::string);
        return state ? LeaseChange(StateInPair{state->stringValue()}) : NoLease{};
    }
    if (is_in(of_many, command))
        return ManyLeases{};
    if (!is_in(of_one, command))
        return NoLease{};
    // lease4-del may also name the client.
    const ConstElementPtr text = member(arguments, "ip-address", Element::string);
    const auto address = text ? Ipv4::parse(text->stringValue()) : std::nullopt;
    return address ? LeaseChange(LeaseOf{*address}) : ManyLeases{};
}

bool has_leases_of_partner(const std::string& state) {
    return state != "waiting" && state != "syncing";
}

} // namespace plugtone
