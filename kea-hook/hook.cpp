#include "kea-hook/hook.hpp"

#include <ctime>
#include <stdexcept>

#include <cc/command_interpreter.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "kea-hook/conflicts.hpp"
#include "kea-hook/lease_file.hpp"
#include "kea-hook/messages.hpp"
#include "kea-hook/packet.hpp"

namespace plugtone {

namespace {

using isc::data::ConstElementPtr;
using isc::data::Element;

constexpr const char* usual_lease_file = "/var/lib/kea/kea-leases4.csv"; // Debian's Kea

std::optional<Binding> binding_of(const isc::dhcp::Lease4& lease) {
    if (!lease.hwaddr_)
        return std::nullopt;
    const auto mac = Mac::from_bytes(lease.hwaddr_->hwaddr_);
    if (!mac)
        return std::nullopt;
    const bool endless = lease.valid_lft_ == isc::dhcp::Lease::INFINITY_LFT;
    return Binding{Ipv4{lease.addr_.toUint32()}, *mac,
                   endless ? never_expires
                           : static_cast<std::int64_t>(lease.cltt_) + lease.valid_lft_};
}

std::string codes_text(const std::vector<std::uint8_t>& codes) {
    std::string text;
    for (const std::uint8_t code : codes)
        text += (text.empty() ? "" : " ") + std::to_string(code);
    return text;
}

ConstElementPtr list_of(const std::vector<std::string>& texts) {
    const auto list = Element::createList();
    for (const std::string& text : texts)
        list->add(Element::create(text));
    return list;
}

// An argument of a command; empty if it is not there, and refused unless it is text.
std::string text_argument(const ConstElementPtr& arguments, const std::string& name) {
    const ConstElementPtr value = arguments->get(name);
    if (value && value->getType() != Element::string)
        throw std::invalid_argument(name + ": want a string, got " + value->str());
    return value ? value->stringValue() : "";
}

template <class Take>
void each_of(const ConstElementPtr& arguments, const std::string& name, int type, Take take) {
    const ConstElementPtr list = arguments->get(name);
    if (!list)
        return;
    if (list->getType() != Element::list)
        throw std::invalid_argument(name + ": want a list, got " + list->str());
    for (const auto& item : list->listValue()) {
        if (item->getType() != type)
            throw std::invalid_argument(name +
                                        ": what is in it is of the wrong type: " + item->str());
        take(item);
    }
}

ConstElementPtr options_list(const Offer& offer) {
    const auto options = Element::createList();
    for (const OfferedBytes& option : offer.options) {
        const auto one = Element::createMap();
        one->set("code", Element::create(static_cast<std::int64_t>(option.code)));
        one->set("hex", Element::create(to_hex(option.bytes)));
        one->set("text", Element::create(printable(as_text(option.bytes))));
        options->add(one);
    }
    return options;
}

std::string first_of(const std::vector<std::string>& problems) {
    return problems.front() +
           (problems.size() > 1 ? " (and " + std::to_string(problems.size() - 1) + " more)" : "");
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

void Hook::answer(isc::dhcp::Pkt4& query, isc::dhcp::Pkt4& response) {
    const auto knowledge = knowledge_.load();
    const auto identity = identity_of(query, knowledge->classes.table.kea_classes());
    if (!identity)
        return;
    const Choice choice = choose(*knowledge, *identity);
    if (choice.device_class == nullptr)
        return;
    const auto asked = requested_codes(query);
    OfferContext context;
    context.server = settings_.server_for(client_address(query, response));
    if (context.server.empty()) {
        context.server = own_address(response);
        last_server_ = Ipv4::parse(context.server).value_or(Ipv4{}).number;
    }
    context.site = settings_.site;
    context.url = choice.url;
    context.is_redirected = choice.is_redirected;
    context.requested = [&](std::uint8_t code) { return asked.contains(code); };
    context.set_by_kea = [&](std::uint8_t code) { return has_option(response, code); };
    Offer offer = make_offer(*choice.device_class, *identity, context);
    const auto added = add_options(query, response, offer);
    ++answers_;
    if (!settings_.report.events.empty())
        tell_of(query, response, *identity, choice.device_class->name, offer, added, asked);
}

void Hook::tell_of(isc::dhcp::Pkt4& query, const isc::dhcp::Pkt4& response,
                   const Identity& identity, const std::string& class_name, const Offer& offer,
                   const std::vector<std::uint8_t>& added, const std::set<std::uint8_t>& asked) {
    Event event{EventKind::offered,
                {{"MAC", identity.mac.text()},
                 {"CLASS", class_name},
                 {"URL", offer.url},
                 {"OPTIONS", codes_text(added)},
                 {"MESSAGE", response.getType() == isc::dhcp::DHCPOFFER ? "OFFER" : "ACK"},
                 {"IP", response.getYiaddr().toText()},
                 {"XID", std::to_string(query.getTransid())},
                 {"VENDOR_CLASS", identity.vendor_class},
                 {"HOSTNAME", identity.host_name},
                 {"REQUESTED", codes_text({asked.begin(), asked.end()})}}};
    const auto add = [&](const char* key, const std::string& value) {
        if (!value.empty())
            event.fields.emplace_back(key, value);
    };
    add("USER_CLASS", identity.user_class);
    for (const std::string& name : identity.kea_classes)
        add("KEA_CLASS", name);
    if (!query.getGiaddr().isV4Zero()) {
        add("RELAY", query.getGiaddr().toText());
        add("RELAY_INFORMATION", relay_information(query));
    }
    for (const std::string& reason : offer.left_out)
        add("LEFT_OUT", reason);
    reporter_.send(event);
}

void Hook::leased(isc::dhcp::Pkt4& query, const isc::dhcp::Lease4& lease) {
    const auto binding = binding_of(lease);
    if (!binding)
        return;
    reporter_.bind(*binding);
    if (settings_.report.events.empty())
        return;
    // Everybody's lease is a binding; the journal is about phones.
    const auto knowledge = knowledge_.load();
    const auto identity = identity_of(query, knowledge->classes.table.kea_classes());
    if (identity && choose(*knowledge, *identity).device_class != nullptr)
        reporter_.send({EventKind::leased,
                        {{"MAC", binding->mac.text()},
                         {"IP", binding->address.text()},
                         {"EXPIRES", std::to_string(binding->expires)}}});
}

void Hook::released(const isc::dhcp::Lease4& lease, const char* reason) {
    const auto binding = binding_of(lease);
    if (!binding)
        return;
    reporter_.unbind(binding->address, binding->mac);
    if (choose(*knowledge_.load(), {binding->mac}).device_class != nullptr)
        reporter_.send(
            {EventKind::released,
             {{"MAC", binding->mac.text()}, {"IP", binding->address.text()}, {"REASON", reason}}});
}

void Hook::refused(isc::dhcp::Pkt4& query) {
    const auto knowledge = knowledge_.load();
    const auto identity = identity_of(query, knowledge->classes.table.kea_classes());
    if (identity && choose(*knowledge, *identity).device_class != nullptr)
        reporter_.send({EventKind::refused,
                        {{"MAC", identity->mac.text()},
                         {"XID", std::to_string(query.getTransid())},
                         {"VENDOR_CLASS", identity->vendor_class}}});
}

void Hook::configured(const ConstElementPtr& config) {
    config_ = std::make_shared<const ConstElementPtr>(config);
    for (const std::string& conflict : find_conflicts(config, knowledge_.load()->classes.table))
        LOG_WARN(hook_logger, message_conflict).arg(conflict);
    rebuild_bindings(config);
}

// A boot empties /run, and while we were not loaded leases came and went.
void Hook::rebuild_bindings(const ConstElementPtr& config) {
    const ConstElementPtr database = config ? config->get("lease-database") : nullptr;
    const auto text = [&](const char* name, const char* otherwise) {
        const ConstElementPtr value = database ? database->get(name) : nullptr;
        return value && value->getType() == Element::string ? value->stringValue()
                                                            : std::string(otherwise);
    };
    const ConstElementPtr persist = database ? database->get("persist") : nullptr;
    const bool is_kept = !persist || persist->getType() != Element::boolean || persist->boolValue();
    if (text("type", "memfile") != "memfile" || !is_kept)
        return;
    const auto rows = read_lease_files(text("name", usual_lease_file));
    if (rows)
        reporter_.rebuild(rows->bindings(std::time(nullptr)));
    else
        LOG_ERROR(hook_logger, message_leases_unread).arg(rows.error().message);
}

ConstElementPtr Hook::reload() {
    auto fresh = std::make_shared<const Knowledge>(learn());
    if (!fresh->problems.empty()) {
        const std::string why = first_of(fresh->problems);
        LOG_ERROR(hook_logger, message_reload_refused).arg(why);
        const std::lock_guard lock(last_refusal_mutex_);
        last_refusal_ = why;
        return isc::config::createAnswer(1, "device classes stay as they were: " + why);
    }
    const std::size_t count = fresh->classes.table.classes().size();
    const std::size_t redirects = fresh->overrides.redirect_count();
    knowledge_ = std::move(fresh);
    ++table_version_;
    {
        const std::lock_guard lock(last_refusal_mutex_);
        last_refusal_.clear();
    }
    LOG_INFO(hook_logger, message_reloaded).arg(count).arg(redirects);
    return isc::config::createAnswer(
        0, std::to_string(count) + " device classes" +
               (redirects == 0 ? "" : ", " + std::to_string(redirects) + " redirections"));
}

ConstElementPtr Hook::status() const {
    const auto knowledge = knowledge_.load();
    const Reporter::Counts counts = reporter_.counts();
    const auto number = [](std::uint64_t value) {
        return Element::create(static_cast<std::int64_t>(value));
    };
    const auto facts = Element::createMap();
    facts->set("classes", number(knowledge->classes.table.classes().size()));
    facts->set("redirects", number(knowledge->overrides.redirect_count()));
    facts->set("device-urls", number(knowledge->overrides.device_count()));
    facts->set("table-version", number(table_version_));
    facts->set("problems", list_of(knowledge->problems));
    facts->set("conflicts", list_of(find_conflicts(*config_.load(), knowledge->classes.table)));
    facts->set("answers", number(answers_));
    facts->set("bindings-written", number(counts.bindings_written));
    facts->set("bindings-failed", number(counts.bindings_failed));
    facts->set("bindings-dropped", number(counts.bindings_dropped));
    facts->set("bindings-rebuilt", number(counts.bindings_rebuilt));
    facts->set("events-sent", number(counts.events_sent));
    facts->set("events-dropped", number(counts.events_dropped));
    facts->set("last-error", Element::create(counts.last_error));
    const std::lock_guard lock(last_refusal_mutex_);
    facts->set("last-refused-reload", Element::create(last_refusal_));
    return isc::config::createAnswer(0, "Plugtone is loaded", facts);
}

ConstElementPtr Hook::explain(const ConstElementPtr& arguments) const {
    if (!arguments || arguments->getType() != Element::map)
        throw std::invalid_argument("mac: want arguments, at least {\"mac\": \"000b82123456\"}");
    const auto mac = Mac::parse(text_argument(arguments, "mac"));
    if (!mac)
        throw std::invalid_argument("mac: " + mac.error().message);
    Identity identity{
        *mac, text_argument(arguments, "vendor-class"), text_argument(arguments, "user-class"),
        {},   text_argument(arguments, "host-name"),    {}};
    each_of(arguments, "kea-classes", Element::string, [&](const ConstElementPtr& name) {
        identity.kea_classes.push_back(name->stringValue());
    });
    // Nothing said: as if it asked for everything.
    std::set<std::int64_t> asked;
    each_of(arguments, "requested", Element::integer,
            [&](const ConstElementPtr& code) { asked.insert(code->intValue()); });
    const bool asks_for_all = !arguments->contains("requested");
    const std::string address = text_argument(arguments, "address");

    const auto knowledge = knowledge_.load();
    const Choice choice = choose(*knowledge, identity);
    const auto verdicts = Element::createList();
    for (const auto& [device_class, is_chosen, reason] :
         knowledge->classes.table.explain(identity)) {
        const auto one = Element::createMap();
        one->set("class", Element::create(device_class->name));
        one->set("chosen", Element::create(is_chosen));
        one->set("reason", Element::create(reason));
        verdicts->add(one);
    }
    OfferContext context;
    context.server = settings_.server_for(Ipv4::parse(address).value_or(Ipv4{}));
    context.site = settings_.site;
    context.url = choice.url;
    context.is_redirected = choice.is_redirected;
    context.requested = [&](std::uint8_t code) { return asks_for_all || asked.contains(code); };
    context.set_by_kea = [](std::uint8_t) { return false; };
    if (context.server.empty() && last_server_ != 0) // "auto" is known for a packet only
        context.server = Ipv4{last_server_}.text();
    const Offer offer = choice.device_class == nullptr
                            ? Offer{}
                            : make_offer(*choice.device_class, identity, context);
    const auto facts = Element::createMap();
    facts->set("class",
               Element::create(choice.device_class == nullptr ? "" : choice.device_class->name));
    facts->set("redirected", Element::create(choice.is_redirected));
    facts->set("url", Element::create(offer.url));
    facts->set("options", options_list(offer));
    facts->set("left-out", list_of(offer.left_out));
    facts->set("classes", verdicts);
    return isc::config::createAnswer(0,
                                     choice.device_class == nullptr
                                         ? "no class takes it: it gets no options of ours"
                                         : "class " + choice.device_class->name,
                                     facts);
}

} // namespace plugtone
