#include "agent/bus_gate.hpp"

#include <algorithm>
#include <utility>

#include <grp.h>
#include <unistd.h>

#include "agent/message_size.hpp"
#include "core/base/log.hpp"
#include "core/base/scoped_flag.hpp"
#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr const char* admin_group_name = "plugtone-admin";
constexpr const char* not_authorized = "org.plugtone1.Error.NotAuthorized";
constexpr const char* limits_exceeded = "org.plugtone1.Error.LimitsExceeded";

// Calls of one connection, and of one user, that may wait at a time; a client that waits for its
// answers has one.
constexpr std::size_t connection_calls_max = 128;
constexpr std::size_t user_calls_max = 1024;
constexpr std::size_t user_bytes_max = std::size_t{64} << 20U;
// Of one user's, polkit has to answer so many at a time.
constexpr std::size_t polkit_calls_max = 64;

// Calls handled before events have their turn: one may be long.
constexpr std::size_t calls_per_turn = 1;
// Answers that the bus has not taken, at which no more calls go on; and answers and signals at
// which nothing more is said.
constexpr std::uint64_t unsent_for_calls_max = 32;
constexpr std::uint64_t unsent_max = 8192;
// Peers remembered; who is forgotten is asked about again.
constexpr std::size_t peers_max = 4096;

constexpr std::uint64_t bus_answers_within_us = 25'000'000;
constexpr std::uint64_t polkit_answers_within_us = 25'000'000;
constexpr std::uint64_t person_answers_within_us = 300'000'000;
constexpr std::uint32_t ask_the_person = 1; // CheckAuthorization's AllowUserInteraction

std::optional<std::uint32_t> group_id(const char* name) {
    const group* found = ::getgrnam(name);
    return found == nullptr ? std::nullopt : std::optional<std::uint32_t>(found->gr_gid);
}

std::uint64_t unsent(sd_bus* bus) {
    std::uint64_t count = 0;
    return sd_bus_get_n_queued_write(bus, &count) < 0 ? unsent_max : count;
}

BusMessage new_call(sd_bus* bus, const char* name, const char* path, const char* interface,
                    const char* method) {
    sd_bus_message* call = nullptr;
    if (sd_bus_message_new_method_call(bus, &call, name, path, interface, method) < 0)
        return nullptr;
    return BusMessage(call);
}

bool wants_secrets(sd_bus_message* message, const CallRule& rule) {
    int reveal = 0;
    if (!rule.first_reveals)
        return false;
    const bool read = sd_bus_message_read_basic(message, 'b', &reveal) > 0;
    sd_bus_message_rewind(message, 1);
    return read && reveal != 0;
}

struct Credentials {
    std::optional<std::uint32_t> user;
    std::vector<std::uint32_t> groups;
};

// GetConnectionCredentials' a{sv}.
Credentials read_credentials(sd_bus_message* reply) {
    Credentials found;
    if (sd_bus_message_enter_container(reply, 'a', "{sv}") < 0)
        return found;
    while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
        const char* key = nullptr;
        std::uint32_t user = 0;
        const void* groups = nullptr;
        std::size_t size = 0;
        sd_bus_message_read_basic(reply, 's', static_cast<void*>(&key));
        const std::string_view name = key == nullptr ? "" : key;
        if (name == "UnixUserID" && sd_bus_message_read(reply, "v", "u", &user) > 0) {
            found.user = user;
        } else if (name == "UnixGroupIDs" && sd_bus_message_enter_container(reply, 'v', "au") > 0) {
            if (sd_bus_message_read_array(reply, 'u', &groups, &size) > 0) {
                const auto* first = static_cast<const std::uint32_t*>(groups);
                found.groups.assign(first, first + size / sizeof(std::uint32_t));
            }
            sd_bus_message_exit_container(reply);
        } else {
            sd_bus_message_skip(reply, "v");
        }
        sd_bus_message_exit_container(reply);
    }
    return found;
}

// There is nobody of that name on this bus, and nobody can be started for it.
bool is_absent(const sd_bus_error& error) {
    const std::string_view name = error.name == nullptr ? "" : error.name;
    return name == SD_BUS_ERROR_SERVICE_UNKNOWN || name == SD_BUS_ERROR_NAME_HAS_NO_OWNER ||
           name.starts_with("org.freedesktop.DBus.Error.Spawn.") ||
           name == "org.freedesktop.systemd1.NoSuchUnit" ||
           name == "org.freedesktop.systemd1.UnitMasked";
}

} // namespace

BusGate::BusGate(sdbus::IConnection& connection)
    : connection_(connection), bus_(raw_bus(connection)), own_user_(::geteuid()),
      admin_group_(group_id(admin_group_name)),
      queue_({connection_calls_max, user_calls_max, user_bytes_max}) {
    sd_bus_slot* slot = nullptr;
    if (const int added = sd_bus_add_filter(bus_, &slot, &on_message, this); added < 0)
        throw sdbus::createError(-added, "cannot stand before the bus's calls");
    filter_.reset(slot);
}

BusGate::~BusGate() = default;

int BusGate::on_message(sd_bus_message* message, void* self, sd_bus_error* /*error*/) noexcept {
    try {
        return static_cast<BusGate*>(self)->take(message) ? 1 : 0;
    } catch (const std::exception& error) {
        log(Level::error, "call-lost", {{"why", error.what()}});
        return 1;
    }
}

template <BusGate::Handler handle>
int BusGate::on_reply(sd_bus_message* reply, void* question, sd_bus_error* /*error*/) noexcept {
    try {
        BusGate& gate = *static_cast<Question*>(question)->gate;
        const auto found = gate.questions_.find(static_cast<Question*>(question));
        const std::unique_ptr<Question> asked = std::move(found->second);
        gate.questions_.erase(found);
        (gate.*handle)(*asked, reply);
    } catch (const std::exception& error) {
        log(Level::error, "call-lost", {{"why", error.what()}});
    }
    return 1;
}

// True: it goes no further now. Most of a flood ends here: what is refused must cost little.
bool BusGate::take(sd_bus_message* message) {
    if (sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0)
        return false;
    if (!on_the_way_.empty() && on_the_way_.erase(message) > 0)
        return false;
    const char* interface = sd_bus_message_get_interface(message);
    const char* method = sd_bus_message_get_member(message);
    const char* sender = sd_bus_message_get_sender(message);
    const CallRule* rule = interface == nullptr ? nullptr : rule_of(interface, method);
    if (rule == nullptr || sender == nullptr) {
        refuse(message, SD_BUS_ERROR_UNKNOWN_METHOD, [&] {
            return "no method '" + printable(method) + "' of '" +
                   printable(interface == nullptr ? "" : interface) + "' here";
        });
        return true;
    }
    if (!rule->action)
        return false;
    if (const auto known = peers_.find(sender);
        known != peers_.end() && !has_room(known->first, known->second)) {
        refuse_as_too_many(message);
        return true;
    }
    const auto size = message_size(message, rule->size_max);
    if (!size) {
        refuse(message, limits_exceeded, [rule] {
            return std::string(rule->method) + ": want arguments of at most " +
                   std::to_string(rule->size_max) + " bytes, got more";
        });
        return true;
    }
    hold(sender, {BusMessage(sd_bus_message_ref(message)), rule, *size});
    return true;
}

// Whether one more of that peer's calls may wait.
bool BusGate::has_room(const std::string& name, const Peer& peer) const {
    if (!peer.known)
        return peer.waiting.size() < connection_calls_max && peer.waiting_size < user_bytes_max;
    if (is_trusted(peer.user))
        return queue_.has_room(peer.user, name, 0);
    const auto pending = pending_.find(peer.user);
    return pending == pending_.end() ||
           (pending->second.count < polkit_calls_max && pending->second.size < user_bytes_max);
}

bool BusGate::is_trusted(std::uint32_t user) const {
    return user == 0 || user == own_user_;
}

void BusGate::hold(const std::string& name, Call call) {
    if (peers_.size() >= peers_max)
        std::erase_if(peers_, [](const auto& entry) { return entry.second.known; });
    const auto [entry, is_new] = peers_.try_emplace(name);
    Peer& peer = entry->second;
    if (peer.known) {
        admit(name, peer, std::move(call));
        return;
    }
    peer.waiting_size += call.size;
    peer.waiting.push_back(std::move(call));
    if (is_new)
        ask_who(name);
}

template <BusGate::Handler handle>
void BusGate::ask(Question question, sd_bus_message* message, std::uint64_t timeout_us) {
    question.gate = this;
    auto asked = std::make_unique<Question>(std::move(question));
    sd_bus_slot* slot = nullptr;
    const int sent = message == nullptr ? -ENOMEM
                                        : sd_bus_call_async(bus_, &slot, message, &on_reply<handle>,
                                                            asked.get(), timeout_us);
    if (sent < 0)
        throw sdbus::createError(-sent, "cannot ask about a caller");
    asked->slot.reset(slot);
    questions_.emplace(asked.get(), std::move(asked));
}

void BusGate::ask_who(const std::string& name) {
    const BusMessage message = new_call(bus_, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "GetConnectionCredentials");
    if (message)
        sd_bus_message_append_basic(message.get(), 's', name.c_str());
    Question question;
    question.peer = name;
    ask<&BusGate::learn>(std::move(question), message.get(), bus_answers_within_us);
}

void BusGate::learn(Question& question, sd_bus_message* reply) {
    const auto found = peers_.find(question.peer);
    const Credentials credentials = sd_bus_message_is_method_error(reply, nullptr) > 0
                                        ? Credentials{}
                                        : read_credentials(reply);
    Peer& peer = found->second;
    std::vector<Call> waiting = std::exchange(peer.waiting, {});
    if (!credentials.user) { // it has gone
        peers_.erase(found);
        for (const Call& call : waiting)
            refuse(call.message.get(), not_authorized,
                   [] { return "the bus does not say who you are"; });
        return;
    }
    const auto& groups = credentials.groups;
    peer.known = true;
    peer.user = *credentials.user;
    peer.is_admin =
        admin_group_ && std::find(groups.begin(), groups.end(), *admin_group_) != groups.end();
    for (Call& call : waiting)
        admit(question.peer, peer, std::move(call));
}

void BusGate::admit(const std::string& name, const Peer& peer, Call call) {
    if (is_trusted(peer.user)) {
        queue(peer.user, name, std::move(call));
        return;
    }
    if (!has_room(name, peer)) {
        refuse_as_too_many(call.message.get());
        return;
    }
    Question question;
    question.peer = name;
    question.action =
        wants_secrets(call.message.get(), *call.rule) ? Action::secrets : *call.rule->action;
    question.call = std::move(call);
    question.user = peer.user;
    question.is_admin = peer.is_admin;
    ask_polkit(std::move(question));
}

void BusGate::ask_polkit(Question question) {
    const std::uint32_t user = question.user;
    const std::size_t size = question.call.size;
    const bool may_ask =
        sd_bus_message_get_allow_interactive_authorization(question.call.message.get()) > 0;
    const BusMessage message =
        new_call(bus_, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
                 "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
    if (message)
        sd_bus_message_append(message.get(), "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                              question.peer.c_str(),
                              std::string(action_id(question.action)).c_str(), 0,
                              may_ask ? ask_the_person : 0, "");
    ask<&BusGate::judge>(std::move(question), message.get(),
                         may_ask ? person_answers_within_us : polkit_answers_within_us);
    Pending& pending = pending_[user];
    ++pending.count;
    pending.size += size;
}

void BusGate::judge(Question& question, sd_bus_message* reply) {
    Pending& pending = pending_[question.user];
    pending.size -= question.call.size;
    if (--pending.count == 0)
        pending_.erase(question.user);
    int is_authorized = 0;
    int is_challenge = 0;
    if (const sd_bus_error* error = sd_bus_message_get_error(reply); error != nullptr) {
        if (is_absent(*error) && question.is_admin)
            queue(question.user, question.peer, std::move(question.call));
        else if (is_absent(*error))
            refuse_as_unauthorised(question, "be root, or a member of the group plugtone-admin");
        else
            refuse_as_unauthorised(question, "polkit does not say: " + printable(error->message));
        return;
    }
    if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") > 0)
        sd_bus_message_read(reply, "bb", &is_authorized, &is_challenge);
    if (is_authorized != 0)
        queue(question.user, question.peer, std::move(question.call));
    else if (is_challenge != 0)
        refuse_as_unauthorised(question, "polkit asks for an administrator's password, and there "
                                         "is nobody to ask: be root, or let a rule allow it");
    else
        refuse_as_unauthorised(question, "polkit says no: be root, or let a rule allow it");
}

void BusGate::queue(std::uint32_t user, const std::string& name, Call call) {
    const std::size_t size = call.size;
    if (queue_.has_room(user, name, size))
        queue_.push(user, name, std::move(call), size);
    else
        refuse_as_too_many(call.message.get());
}

bool BusGate::process() {
    const ScopedFlag processing(processing_);
    return bus::process_pending(connection_);
}

bool BusGate::advance(bool only_any_time) {
    std::size_t count = 0;
    // Beyond that the loop waits until the bus takes what we have said.
    while (count < calls_per_turn && unsent(bus_) < unsent_for_calls_max) {
        auto call =
            queue_.pop_if([&](const Call& one) { return !only_any_time || one.rule->any_time; });
        if (!call)
            break;
        ++count;
        on_the_way_.insert(call->message.get());
        if (sd_bus_enqueue_for_read(bus_, call->message.get()) < 0) {
            on_the_way_.erase(call->message.get());
            refuse_as_too_many(call->message.get());
        }
    }
    return count > 0;
}

bool BusGate::is_stuck() const {
    return unsent(bus_) >= unsent_max;
}

template <class Text>
void BusGate::refuse(sd_bus_message* message, const char* error, Text text) const {
    if (sd_bus_message_get_expect_reply(message) > 0 && !is_stuck())
        sd_bus_reply_method_errorf(message, error, "%s", std::string(text()).c_str());
}

void BusGate::refuse_as_too_many(sd_bus_message* message) const {
    refuse(message, limits_exceeded, [] { return "too many calls at once: wait for answers"; });
}

void BusGate::refuse_as_unauthorised(const Question& question, const std::string& why) const {
    refuse(question.call.message.get(), not_authorized, [&] {
        return "not authorised to " + std::string(action_text(question.action)) + " (" +
               std::string(action_id(question.action)) + "): " + why;
    });
}

} // namespace plugtone
