#include "agent/pin_rows.hpp"

#include <algorithm>
#include <array>

#include "agent/sql_rows.hpp"
#include "core/base/text.hpp"
#include "core/classes/known_parameters.hpp"

namespace plugtone {

namespace {

constexpr const char* of_device = "device";
constexpr const char* of_class = "class";
constexpr const char* always_look = "0"; // P238

const std::string operators_pins =
    "SELECT kind, whom, CAST(firmware AS TEXT), CAST(since AS TEXT) FROM firmware_pin WHERE until "
    "IS NULL";
const std::string rollouts_pins =
    "SELECT m.mac, CAST(m.firmware AS TEXT), CAST(m.generation AS TEXT), CAST(m.rollout AS TEXT) "
    "FROM rollout_member m JOIN rollout r ON r.id = m.rollout WHERE m.firmware > 0 AND r.state <> "
    "'aborted'";

long long number(const std::string& text) {
    return parse_number<long long>(text).value_or(0); // we wrote it
}

template <class Pinned, class Key>
const Pin* pin_in(const Pinned& pinned, const Key& key) {
    const auto found = pinned.find(key);
    return found == pinned.end() ? nullptr : &found->second;
}

void take_operators(Pins& pins, const std::array<std::string, 4>& row) {
    const Pin pin{number(row[2]), number(row[3]), 0};
    if (row[0] == of_class)
        pins.classes[row[1]] = pin;
    else
        pins.devices[Mac::parse(row[1]).value()] = pin;
}

void take_rollouts(Pins& pins, const std::array<std::string, 4>& row) {
    const Pin pin{number(row[1]), number(row[2]), number(row[3])};
    Pin& newest = pins.rollouts[Mac::parse(row[0]).value()];
    if (pin.since >= newest.since)
        newest = pin;
}

} // namespace

std::optional<Pin> Pins::of(const Mac& mac, const std::string& class_name) const {
    const Pin* device = pin_in(devices, mac);
    const Pin* its_class = pin_in(classes, class_name);
    const Pin* rollout = pin_in(rollouts, mac);
    const bool own = device != nullptr && device->firmware != 0;
    const Pin* by_operator = own ? device : its_class;
    Generation since = device == nullptr ? 0 : device->since;
    if (!own && its_class != nullptr)
        since = std::max(since, its_class->since);
    if (rollout != nullptr && rollout->since > since)
        return *rollout;
    return by_operator == nullptr || by_operator->firmware == 0 ? std::nullopt
                                                                : std::optional(*by_operator);
}

Result<ParameterSet> Pins::parameters(const Mac& mac, const std::string& class_name,
                                      const std::string& server) const {
    const auto pin = of(mac, class_name);
    if (!pin)
        return ParameterSet{};
    const auto shelf = shelves.find(pin->firmware);
    if (shelf == shelves.end())
        return fail(ErrorKind::not_found, "device " + mac.text() + " is pinned to firmware " +
                                              std::to_string(pin->firmware) +
                                              ", which was removed: import it again");
    ParameterSet set = {{known::firmware_prefix, shelf->second.prefix},
                        {known::firmware_postfix, shelf->second.postfix},
                        {known::firmware_check, always_look}};
    if (!server.empty())
        set.emplace(known::firmware_path, server);
    return set;
}

void PinRows::read_shelves(Pins& pins) {
    each_row<3>(database_,
                "SELECT CAST(id AS TEXT), prefix, postfix FROM firmware WHERE state = 'there'",
                [&](const std::array<std::string, 3>& row) {
                    pins.shelves.emplace(number(row[0]), Shelf{row[1], row[2]});
                });
}

Pins PinRows::all() {
    Pins pins;
    each_row<4>(database_, operators_pins,
                [&](const std::array<std::string, 4>& row) { take_operators(pins, row); });
    each_row<4>(database_, rollouts_pins,
                [&](const std::array<std::string, 4>& row) { take_rollouts(pins, row); });
    read_shelves(pins);
    return pins;
}

Pins PinRows::of(const Scope& scope) {
    if (scope.everything)
        return all();
    Pins pins;
    each_row<4>(database_, operators_pins + " AND kind = 'class'",
                [&](const std::array<std::string, 4>& row) { take_operators(pins, row); });
    for (const Mac& mac : scope.devices) {
        // Hexadecimal digits, whatever the caller had.
        const std::string key = "'" + mac.text() + "'";
        each_row<4>(database_, operators_pins + " AND kind = 'device' AND whom = " + key,
                    [&](const std::array<std::string, 4>& row) { take_operators(pins, row); });
        each_row<4>(database_, rollouts_pins + " AND m.mac = " + key,
                    [&](const std::array<std::string, 4>& row) { take_rollouts(pins, row); });
    }
    read_shelves(pins);
    return pins;
}

void PinRows::pin(Generation generation, const std::string& kind, const std::string& whom,
                  FirmwareId firmware) {
    database_ << "UPDATE firmware_pin SET until = :until WHERE kind = :kind AND whom = :whom AND "
                 "until IS NULL",
        soci::use(generation), soci::use(kind), soci::use(whom);
    database_ << "INSERT INTO firmware_pin (kind, whom, firmware, since) "
                 "VALUES (:kind, :whom, :firmware, :since)",
        soci::use(kind), soci::use(whom), soci::use(firmware), soci::use(generation);
}

void PinRows::pin_device(Generation generation, const Mac& mac, FirmwareId firmware) {
    pin(generation, of_device, mac.text(), firmware);
}

void PinRows::pin_class(Generation generation, const std::string& class_name, FirmwareId firmware) {
    pin(generation, of_class, class_name, firmware);
}

void PinRows::forget_device(Generation generation, const Mac& mac) {
    const std::string key = mac.text();
    database_
        << "UPDATE firmware_pin SET until = :until WHERE kind = 'device' AND whom = :whom AND "
           "until IS NULL",
        soci::use(generation), soci::use(key);
}

Scope PinRows::touched_by(Generation generation) {
    Scope scope;
    const soci::rowset<soci::row> rows =
        (database_.prepare << "SELECT kind, whom FROM firmware_pin WHERE since = :a OR until = :b",
         soci::use(generation), soci::use(generation));
    for (const soci::row& row : rows) {
        if (row.get<std::string>(0) == of_class)
            return Scope::all();
        scope.devices.insert(Mac::parse(row.get<std::string>(1)).value());
    }
    return scope;
}

} // namespace plugtone
