#include "kea-hook/hook.hpp"

#include <array>
#include <charconv>
#include <chrono>

#include "core/base/file.hpp"
#include "kea-hook/conflicts.hpp"
#include "kea-hook/lease_commands.hpp"
#include "kea-hook/leases.hpp"
#include "kea-hook/messages.hpp"
#include "kea-hook/packet.hpp"

namespace plugtone {

namespace {

using isc::data::ConstElementPtr;

// Kea serves nobody while its leases are read: at its start, and when it is reconfigured.
constexpr std::chrono::milliseconds leases_read_within{2000};

void append_code(std::string& text, std::size_t code) {
    std::array<char, 4> digits{};
    auto* const end = std::to_chars(digits.begin(), digits.end(), code).ptr;
    if (!text.empty())
        text += ' ';
    text.append(digits.begin(), end);
}

std::string codes_text(const std::vector<std::uint8_t>& codes) {
    std::string text;
    for (const std::uint8_t code : codes)
        append_code(text, code);
    return text;
}

std::string codes_text(const CodeSet& codes) {
    std::string text;
    std::size_t left = codes.count(); // the highest codes are seldom asked for
    for (std::size_t code = 0; left > 0; ++code)
        if (codes.test(code)) {
            append_code(text, code);
            --left;
        }
    return text;
}

} // namespace

Knowledge Hook::learn() const {
    Knowledge made{load_classes(settings_.classes), {}, {}};
    made.problems = made.classes.problems;
    if (settings_.offers.empty())
        return made;
    const auto bytes = read_file(settings_.offers, overrides_size_max);
    if (!bytes && bytes.error().kind == ErrorKind::not_found)
        return made; // nobody is redirected
    auto overrides =
        bytes ? decode_overrides(*bytes) : Result<OfferOverrides>(tl::unexpected(bytes.error()));
    if (overrides)
        made.overrides = OverrideTable(std::move(*overrides));
    else
        made.problems.push_back(settings_.offers + ": " + overrides.error().message);
    return made;
}

Hook::Hook(HookSettings settings)
    : settings_(std::move(settings)), knowledge_(std::make_shared<const Knowledge>(learn())),
      config_(std::make_shared<const ConstElementPtr>()), reporter_(settings_.report) {
    const auto knowledge = knowledge_.load();
    for (const std::string& problem : knowledge->problems)
        LOG_ERROR(hook_logger, message_class_file_bad).arg(problem);
    std::string folders;
    for (const std::string& folder : settings_.classes)
        folders += (folders.empty() ? "" : " ") + folder;
    LOG_INFO(hook_logger, message_loaded)
        .arg(knowledge->classes.table.classes().size())
        .arg(folders)
        .arg(settings_.report.bindings)
        .arg(settings_.report.events);
}

Hook::Choice Hook::choose(const Knowledge& knowledge, const Identity& identity) {
    Choice choice{knowledge.classes.table.match(identity), {}, false};
    if (const std::string* url = knowledge.overrides.redirect_of(identity.mac)) {
        if (choice.device_class == nullptr)
            choice.device_class = &redirected_class();
        return {choice.device_class, *url, true};
    }
    if (const std::string* url = knowledge.overrides.url_of(identity.mac))
        choice.url = *url;
    return choice;
}

void Hook::answered(isc::dhcp::Pkt4& query, isc::dhcp::Pkt4& response, bool is_packed) {
    if (const auto doubt = reporter_.next_doubt())
        settle(*doubt);
    const auto mac = mac_of(query);
    if (!mac)
        return;
    const bool is_offer = response.getType() == isc::dhcp::DHCPOFFER;
    const auto lease = is_offer ? std::nullopt : granted_lease(query, response, *mac);
    if (lease)
        reporter_.bind(*lease);
    if (is_packed)
        return;
    const auto knowledge = knowledge_.load();
    const Identity identity = identity_of(query, *mac, knowledge->classes.table.kea_classes());
    const Choice choice = choose(*knowledge, identity);
    if (choice.device_class == nullptr)
        return;
    // Everybody's lease is a binding; the journal is about phones.
    if (lease && !settings_.report.events.empty())
        reporter_.send(EventText(EventKind::leased)
                           .add("MAC", mac->text())
                           .add("IP", lease->address.text())
                           .add("EXPIRES", std::to_string(lease->expires))
                           .take());
    offer_options(query, response, identity, choice);
}

void Hook::offer_options(isc::dhcp::Pkt4& query, isc::dhcp::Pkt4& response,
                         const Identity& identity, const Choice& choice) {
    const CodeSet asked = requested_codes(query);
    const Ipv4 client = client_address(query, response);
    OfferContext context;
    context.server = settings_.server_for(client);
    if (context.server.empty()) {
        const Ipv4 own = own_address(response);
        if (own != Ipv4{}) {
            context.server = own.text();
            own_addresses_.note(client, own);
        }
    }
    context.site = settings_.site;
    context.url = choice.url;
    context.is_redirected = choice.is_redirected;
    context.requested = [&](std::uint8_t code) { return asked.test(code); };
    context.set_by_kea = [&](std::uint8_t code) { return has_option(response, code); };
    Offer offer = make_offer(*choice.device_class, identity, context);
    const auto added = add_options(query, response, offer);
    answers_.fetch_add(1, std::memory_order_relaxed);
    if (!settings_.report.events.empty())
        tell_of(query, response, identity, choice.device_class->name, offer, added, asked);
}

void Hook::tell_of(isc::dhcp::Pkt4& query, const isc::dhcp::Pkt4& response,
                   const Identity& identity, const std::string& class_name, const Offer& offer,
                   const std::vector<std::uint8_t>& added, const CodeSet& asked) {
    EventText event(EventKind::offered);
    event.add("MAC", identity.mac.text())
        .add("CLASS", class_name)
        .add("URL", offer.url)
        .add("OPTIONS", codes_text(added))
        .add("MESSAGE", response.getType() == isc::dhcp::DHCPOFFER ? "OFFER" : "ACK")
        .add("IP", Ipv4{response.getYiaddr().toUint32()}.text())
        .add("XID", std::to_string(query.getTransid()))
        .add("VENDOR_CLASS", identity.vendor_class)
        .add("HOSTNAME", identity.host_name)
        .add("REQUESTED", codes_text(asked));
    const auto add = [&](const char* key, const std::string& value) {
        if (!value.empty())
            event.add(key, value);
    };
    add("USER_CLASS", identity.user_class);
    for (const std::string& name : identity.kea_classes)
        add("KEA_CLASS", name);
    if (!query.getGiaddr().isV4Zero()) {
        add("RELAY", Ipv4{query.getGiaddr().toUint32()}.text()); // toText() takes ten times as long
        add("RELAY_INFORMATION", relay_information(query));
    }
    for (const std::string& reason : offer.left_out)
        add("LEFT_OUT", reason);
    reporter_.send(event.take());
}

// Kea takes a client's lease back when it gives it another, and tells no hook but those that it
// costs dear (granted_lease()).
void Hook::settle(const Binding& doubt) {
    const auto live = live_binding(doubt.address);
    if (!live || live->mac != doubt.mac)
        ended(doubt, "replaced");
}

void Hook::released(const isc::dhcp::Lease4& lease, const char* reason) {
    if (const auto binding = binding_of(lease))
        ended(*binding, reason);
}

void Hook::ended(const Binding& binding, const char* reason) {
    reporter_.unbind(binding.address, binding.mac);
    if (choose(*knowledge_.load(), {binding.mac}).device_class != nullptr)
        reporter_.send(EventText(EventKind::released)
                           .add("MAC", binding.mac.text())
                           .add("IP", binding.address.text())
                           .add("REASON", reason)
                           .take());
}

void Hook::refused(isc::dhcp::Pkt4& query) {
    const auto mac = mac_of(query);
    if (!mac)
        return;
    const auto knowledge = knowledge_.load();
    const Identity identity = identity_of(query, *mac, knowledge->classes.table.kea_classes());
    if (choose(*knowledge, identity).device_class != nullptr)
        reporter_.send(EventText(EventKind::refused)
                           .add("MAC", mac->text())
                           .add("XID", std::to_string(query.getTransid()))
                           .add("VENDOR_CLASS", identity.vendor_class)
                           .take());
}

void Hook::configured(const ConstElementPtr& config) {
    config_ = std::make_shared<const ConstElementPtr>(config);
    for (const std::string& conflict : find_conflicts(config, knowledge_.load()->classes.table))
        LOG_WARN(hook_logger, message_conflict).arg(conflict);
    // A boot empties /run, and while we were not loaded leases came and went.
    rebuild_bindings(Others::remove);
}

void Hook::rebuild_bindings(Others others) {
    if (settings_.report.bindings.empty())
        return;
    LiveBindings live = live_bindings(leases_read_within);
    if (!live.problem.empty()) {
        LOG_ERROR(hook_logger, message_leases_unread).arg(live.problem);
        others = Others::keep;
    }
    reporter_.rebuild(std::move(live.found), others);
}

void Hook::commanded(const std::string& command, const ConstElementPtr& arguments,
                     const ConstElementPtr& response) {
    const LeaseChange change = change_by(command, arguments, response);
    if (const auto* one = std::get_if<LeaseOf>(&change)) {
        const auto binding = live_binding(one->address);
        if (binding)
            reporter_.bind(*binding);
        else
            reporter_.unbind(one->address);
    } else if (std::holds_alternative<ManyLeases>(change)) {
        rebuild_bindings(Others::remove);
    } else if (const auto* now = std::get_if<StateInPair>(&change)) {
        const std::lock_guard lock(pair_mutex_);
        if (std::exchange(state_in_pair_, now->state) != now->state &&
            has_leases_of_partner(now->state))
            // "ready" serves nobody yet. In all other states, a lease may be made while we look.
            rebuild_bindings(now->state == "ready" ? Others::remove : Others::keep);
    }
}

} // namespace plugtone
