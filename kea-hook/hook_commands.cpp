// Kea's commands that the hook answers.
#include <stdexcept>

#include <cc/command_interpreter.h>

#include "core/base/text.hpp"
#include "kea-hook/conflicts.hpp"
#include "kea-hook/hook.hpp"
#include "kea-hook/leases.hpp"
#include "kea-hook/messages.hpp"

namespace plugtone {

namespace {

using isc::data::ConstElementPtr;
using isc::data::Element;

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

// Of "auto", which is known for a packet: as it was for the device's neighbours, else by our own
// interfaces, else a guess, and said to be one.
std::pair<std::string, std::string> Hook::server_without_packet(const Ipv4& client) const {
    const std::string configured = settings_.server_for(client);
    if (!configured.empty())
        return {configured, "the configuration"};
    if (client != Ipv4{}) {
        if (const auto own = own_addresses_.of(client))
            return {own->text(), "what " + client.text() + " or a neighbour of it was told last"};
        if (const auto own = own_address_beside(client))
            return {own->text(), "our address in the network of " + client.text()};
    }
    if (const auto own = own_addresses_.last())
        return {own->text(), std::string("a guess: what another client was told last; ") +
                                 (client == Ipv4{} ? "this one has no lease"
                                                   : "nobody beside this one has been seen")};
    return {"", "not known: no packet has come by yet"};
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
    const Ipv4 address =
        Ipv4::parse(text_argument(arguments, "address")).value_or(leased_address(*mac));

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
    const auto [server, server_from] = server_without_packet(address);
    context.server = server;
    context.site = settings_.site;
    context.url = choice.url;
    context.is_redirected = choice.is_redirected;
    context.requested = [&](std::uint8_t code) { return asks_for_all || asked.contains(code); };
    context.set_by_kea = [](std::uint8_t) { return false; };
    const Offer offer = choice.device_class == nullptr
                            ? Offer{}
                            : make_offer(*choice.device_class, identity, context);
    const auto facts = Element::createMap();
    facts->set("class",
               Element::create(choice.device_class == nullptr ? "" : choice.device_class->name));
    facts->set("redirected", Element::create(choice.is_redirected));
    facts->set("url", Element::create(offer.url));
    facts->set("server", Element::create(server));
    facts->set("server-from", Element::create(server_from));
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
