#include "agent/enrolment_pins.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <nlohmann/json.hpp>
#include <openssl/rand.h>

#include "agent/sealed_context.hpp"
#include "core/base/duration.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::array<std::pair<PinState, std::string_view>, 4> names = {{
    {PinState::open, "open"},
    {PinState::redeemed, "redeemed"},
    {PinState::revoked, "revoked"},
    {PinState::expired, "expired"},
}};

constexpr long long valid_max_s = 366LL * 86'400;
constexpr long long kept_s = 90LL * 86'400; // what has ended stays in the list for so long
constexpr const char* whom_all = "all";

PinState pin_state_named(std::string_view text) {
    for (const auto& [state, name] : names)
        if (name == text)
            return state;
    return PinState::revoked;
}

std::string settings_context(long long number) {
    return sealed_for::pin_settings(std::to_string(number));
}

std::string sealed_text(const SecretBox& box, std::string_view plain, const std::string& context) {
    const auto sealed = box.seal(plain, context);
    if (!sealed)
        throw std::runtime_error(sealed.error().message);
    return to_hex(*sealed);
}

Secret opened_text(const SecretBox& box, const std::string& sealed, const std::string& context) {
    const auto bytes = from_hex(sealed);
    auto plain = bytes ? box.open(*bytes, context)
                       : Result<Secret>(fail("the value of " + context + " is no hex"));
    if (!plain)
        throw std::runtime_error(plain.error().message);
    return *std::move(plain);
}

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
        throw std::runtime_error("the system's random generator gives nothing");
    return bytes;
}

std::string random_digits(int count) {
    std::string text;
    while (text.size() < static_cast<std::size_t>(count)) {
        const auto byte = static_cast<unsigned char>(random_bytes(1).front());
        if (byte < 250) // each digit as likely as any other
            text += static_cast<char>('0' + byte % 10);
    }
    return text;
}

// The key of the hashes: made once, and sealed like any other secret.
SecretBox hashing_box(soci::session& database, const SecretBox& box) {
    const std::string context = sealed_for::key("pin");
    std::string sealed;
    database << "SELECT value FROM sealed_key WHERE name = 'pin'", soci::into(sealed);
    if (database.got_data())
        return SecretBox(opened_text(box, sealed, context));
    Secret key(random_bytes(SecretBox::key_size));
    sealed = sealed_text(box, key.reveal(), context);
    database << "INSERT INTO sealed_key (name, value) VALUES ('pin', :value)", soci::use(sealed);
    return SecretBox(std::move(key));
}

// As people write and say them: "123 456-7890".
std::string only_digits(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (c != ' ' && c != '-')
            digits += c;
    return digits;
}

} // namespace

std::string_view pin_state_name(PinState state) {
    for (const auto& [known, name] : names)
        if (known == state)
            return name;
    return "";
}

EnrolmentPins::EnrolmentPins(soci::session& database, SecretBox box)
    : database_(database), box_(std::move(box)), hashing_(hashing_box(database_, box_)) {}

std::string EnrolmentPins::hash_of(std::string_view pin) const {
    return hashing_.fingerprint(only_digits(pin));
}

Result<EnrolmentPins::Issued> EnrolmentPins::issue(const std::string& label,
                                                   const std::string& class_name,
                                                   const TypedSettings& settings, long long valid_s,
                                                   long long now) {
    if (valid_s <= 0 || valid_s > valid_max_s)
        return fail("a PIN holds for up to " + duration_text(valid_max_s) + ", got " +
                    duration_text(std::max(valid_s, 0LL)));
    prune(now);
    int open = 0;
    database_ << "SELECT COUNT(*) FROM pin WHERE state = 'open' AND expires > :now", soci::use(now),
        soci::into(open);
    if (open >= open_max)
        return fail(ErrorKind::refused, std::to_string(open_max) +
                                            " PINs are open already: revoke some ('plugtonectl "
                                            "pin list' shows them)");
    PinRecord record{0, label, class_name, now, now + valid_s, PinState::open, std::nullopt};
    database_ << "SELECT COALESCE(MAX(number), 0) + 1 FROM pin", soci::into(record.number);
    Secret pin(random_digits(digits));
    while (find("hash", hash_of(pin.reveal()), now))
        pin = Secret(random_digits(digits));
    const std::string hash = hash_of(pin.reveal());
    const std::string sealed =
        sealed_text(box_, nlohmann::json(settings).dump(), settings_context(record.number));
    database_ << "INSERT INTO pin (number, hash, label, class, settings, issued, expires, state, "
                 "mac) VALUES (:number, :hash, :label, :class, :settings, :issued, :expires, "
                 "'open', '')",
        soci::use(record.number), soci::use(hash), soci::use(label), soci::use(class_name),
        soci::use(sealed), soci::use(record.issued), soci::use(record.expires);
    return Issued{std::move(pin), std::move(record)};
}

std::vector<PinRecord> EnrolmentPins::all(long long now) {
    std::vector<PinRecord> records;
    const soci::rowset<long long> numbers =
        (database_.prepare << "SELECT number FROM pin ORDER BY number DESC");
    std::vector<long long> wanted;
    for (const long long number : numbers)
        wanted.push_back(number);
    for (const long long number : wanted)
        if (auto record = find("number", std::to_string(number), now))
            records.push_back(*std::move(record));
    return records;
}

// column: "hash" or "number".
std::optional<PinRecord> EnrolmentPins::find(const std::string& column, const std::string& value,
                                             long long now) {
    PinRecord record;
    std::string state, mac;
    database_ << "SELECT number, label, class, issued, expires, state, mac FROM pin WHERE CAST(" +
                     column + " AS TEXT) = :value",
        soci::use(value), soci::into(record.number), soci::into(record.label),
        soci::into(record.class_name), soci::into(record.issued), soci::into(record.expires),
        soci::into(state), soci::into(mac);
    if (!database_.got_data())
        return std::nullopt;
    record.state = pin_state_named(state);
    if (record.state == PinState::open && record.expires <= now)
        record.state = PinState::expired;
    if (const auto parsed = Mac::parse(mac))
        record.mac = *parsed;
    return record;
}

Result<EnrolmentPins::Found> EnrolmentPins::look_up(std::string_view pin, const Mac& mac,
                                                    long long now) {
    for (const std::string& whom : {mac.text(), std::string(whom_all)})
        if (auto free = check_throttle(whom, now); !free)
            return tl::unexpected(free.error());
    const auto record = find("hash", hash_of(pin), now);
    if (!record || record->state != PinState::open) {
        count_wrong(mac, now);
        if (!record)
            return fail(ErrorKind::refused, "no PIN of these digits; 'plugtonectl pin issue' makes "
                                            "one");
        return fail(ErrorKind::refused, "PIN " + record->id() + " is " +
                                            std::string(pin_state_name(record->state)) +
                                            ": issue another");
    }
    std::string sealed;
    database_ << "SELECT settings FROM pin WHERE number = :number", soci::use(record->number),
        soci::into(sealed);
    const Secret settings = opened_text(box_, sealed, settings_context(record->number));
    return Found{*record, nlohmann::json::parse(settings.reveal()).get<TypedSettings>()};
}

void EnrolmentPins::set_state(const PinRecord& record, PinState state, const std::string& mac) {
    const std::string name(pin_state_name(state));
    // What it stood for is the device's now, or nobody's.
    database_ << "UPDATE pin SET state = :state, mac = :mac, settings = '' WHERE number = :number",
        soci::use(name), soci::use(mac), soci::use(record.number);
}

void EnrolmentPins::redeem(const PinRecord& record, const Mac& mac) {
    const std::string key = mac.text();
    set_state(record, PinState::redeemed, key);
    database_ << "DELETE FROM pin_throttle WHERE whom = :whom", soci::use(key);
}

Result<PinRecord> EnrolmentPins::revoke(std::string_view pin_or_id, long long now) {
    const bool by_id = pin_or_id.starts_with('p');
    if (!by_id)
        if (auto free = check_throttle(whom_all, now); !free)
            return tl::unexpected(free.error());
    auto record = by_id ? find("number", std::string(pin_or_id.substr(1)), now)
                        : find("hash", hash_of(pin_or_id), now);
    if (!record || record->state == PinState::redeemed || record->state == PinState::revoked) {
        if (!by_id)
            store(whom_all, throttle_of(whom_all).after_wrong(for_all, now));
        return fail(ErrorKind::not_found,
                    "no PIN that could be revoked; 'plugtonectl pin list' shows all");
    }
    set_state(*record, PinState::revoked, "");
    record->state = PinState::revoked;
    return *std::move(record);
}

Throttle EnrolmentPins::throttle_of(const std::string& whom) {
    Throttle throttle;
    database_ << "SELECT wrong, last_wrong, locked_until FROM pin_throttle WHERE whom = :whom",
        soci::use(whom), soci::into(throttle.wrong), soci::into(throttle.last_wrong),
        soci::into(throttle.locked_until);
    return database_.got_data() ? throttle : Throttle{};
}

void EnrolmentPins::store(const std::string& whom, const Throttle& throttle) {
    database_ << "INSERT INTO pin_throttle (whom, wrong, last_wrong, locked_until) VALUES (:whom, "
                 ":wrong, :last_wrong, :locked_until) ON CONFLICT (whom) DO UPDATE SET wrong = "
                 "excluded.wrong, last_wrong = excluded.last_wrong, locked_until = "
                 "excluded.locked_until",
        soci::use(whom), soci::use(throttle.wrong), soci::use(throttle.last_wrong),
        soci::use(throttle.locked_until);
}

Done EnrolmentPins::check_throttle(const std::string& whom, long long now) {
    const Throttle throttle = throttle_of(whom);
    if (!throttle.is_locked(now))
        return {};
    return fail(ErrorKind::refused, "too many wrong PINs " +
                                        (whom == whom_all ? "of late" : "for " + whom) + ": wait " +
                                        std::to_string(throttle.locked_until - now) +
                                        " s; 'plugtonectl device adopt' needs no PIN");
}

void EnrolmentPins::count_wrong(const Mac& mac, long long now) {
    prune(now);
    store(mac.text(), throttle_of(mac.text()).after_wrong(for_mac, now));
    store(whom_all, throttle_of(whom_all).after_wrong(for_all, now));
}

void EnrolmentPins::prune(long long now) {
    const long long ended = now - kept_s;
    database_ << "DELETE FROM pin WHERE expires < :ended", soci::use(ended);
    const long long forgotten = now - std::max(for_mac.forgotten_s, for_all.forgotten_s);
    database_ << "DELETE FROM pin_throttle WHERE locked_until <= :now AND last_wrong < :forgotten",
        soci::use(now), soci::use(forgotten);
}

} // namespace plugtone
