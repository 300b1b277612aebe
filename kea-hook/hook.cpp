#include "kea-hook/hook.hpp"

#include <cc/command_interpreter.h>

#include "core/base/text.hpp"
#include "kea-hook/messages.hpp"
#include "kea-hook/packet.hpp"

namespace plugtone {

namespace {

using isc::data::ConstElementPtr;
using isc::data::Element;

void refuse_parameter(const std::string& name, const std::string& why) {
    LOG_ERROR(hook_logger, message_parameter_bad).arg(name).arg(why);
}

void read_text(const ConstElementPtr& parameters, const std::string& name, std::string& into) {
    const ConstElementPtr value = parameters->get(name);
    if (!value)
        return;
    if (value->getType() == Element::string)
        into = value->stringValue();
    else
        refuse_parameter(name, "want a string, got " + value->str());
}

void read_folders(const ConstElementPtr& parameters, std::vector<std::string>& into) {
    const ConstElementPtr value = parameters->get("classes");
    if (!value)
        return;
    std::vector<std::string> folders;
    if (value->getType() == Element::list)
        for (const auto& folder : value->listValue())
            if (folder->getType() == Element::string)
                folders.push_back(folder->stringValue());
    if (value->getType() == Element::list && folders.size() == value->size())
        into = folders;
    else
        refuse_parameter("classes", "want a list of folders, got " + value->str());
}

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

std::string first_of(const std::vector<std::string>& problems) {
    return problems.front() +
           (problems.size() > 1 ? " (and " + std::to_string(problems.size() - 1) + " more)" : "");
}

} // namespace

HookSettings read_hook_settings(const ConstElementPtr& parameters) {
    HookSettings settings;
    if (!parameters || parameters->getType() != Element::map)
        return settings;
    for (const auto& [name, value] : parameters->mapValue())
        if (name != "classes" && name != "server" && name != "events" && name != "bindings" &&
            name != "site")
            refuse_parameter(name, "unknown; known are classes, server, events, bindings and site");
    read_folders(parameters, settings.classes);
    read_text(parameters, "site", settings.site);
    read_text(parameters, "events", settings.report.events);
    read_text(parameters, "bindings", settings.report.bindings);
    std::string server = settings.server;
    read_text(parameters, "server", server);
    if (server == "auto" || Ipv4::parse(server))
        settings.server = server;
    else
        refuse_parameter("server",
                         "want \"auto\" or an IPv4 address, got '" + printable(server) + "'");
    return settings;
}

Hook::Hook(HookSettings settings)
    : settings_(std::move(settings)),
      loaded_(std::make_shared<const LoadedClasses>(load_classes(settings_.classes))),
      reporter_(settings_.report) {
    const auto loaded = loaded_.load();
    for (const std::string& problem : loaded->problems)
        LOG_ERROR(hook_logger, message_class_file_bad).arg(problem);
    std::string folders;
    for (const std::string& folder : settings_.classes)
        folders += (folders.empty() ? "" : " ") + folder;
    LOG_INFO(hook_logger, message_loaded)
        .arg(loaded->table.classes().size())
        .arg(folders)
        .arg(settings_.report.bindings)
        .arg(settings_.report.events);
}

void Hook::answer(isc::dhcp::Pkt4& query, isc::dhcp::Pkt4& response) {
    const auto identity = identity_of(query);
    if (!identity)
        return;
    const auto loaded = loaded_.load();
    const DeviceClass* device_class = loaded->table.match(*identity);
    if (device_class == nullptr)
        return;
    const auto asked = requested_codes(query);
    OfferContext context;
    context.server = settings_.server == "auto" ? own_address(response) : settings_.server;
    context.site = settings_.site;
    context.requested = [&](std::uint8_t code) { return asked.contains(code); };
    context.set_by_kea = [&](std::uint8_t code) { return response.getOption(code) != nullptr; };
    const Offer offer = make_offer(*device_class, *identity, context);
    const auto added = add_options(response, offer);
    ++answers_;
    Event event{EventKind::offered,
                {{"MAC", identity->mac.text()},
                 {"CLASS", device_class->name},
                 {"URL", offer.url},
                 {"OPTIONS", codes_text(added)},
                 {"MESSAGE", response.getType() == isc::dhcp::DHCPOFFER ? "OFFER" : "ACK"},
                 {"IP", response.getYiaddr().toText()},
                 {"XID", std::to_string(query.getTransid())},
                 {"VENDOR_CLASS", identity->vendor_class},
                 {"HOSTNAME", text_option(query, isc::dhcp::DHO_HOST_NAME)},
                 {"REQUESTED", codes_text({asked.begin(), asked.end()})}}};
    for (const std::string& reason : offer.left_out)
        event.fields.emplace_back("LEFT_OUT", reason);
    reporter_.send(std::move(event));
}

void Hook::leased(isc::dhcp::Pkt4& query, const isc::dhcp::Lease4& lease) {
    const auto binding = binding_of(lease);
    if (!binding)
        return;
    reporter_.bind(*binding);
    // Everybody's lease is a binding; the journal is about phones.
    const auto identity = identity_of(query);
    if (identity && loaded_.load()->table.match(*identity) != nullptr)
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
    if (loaded_.load()->table.match(Identity{binding->mac, {}, {}, {}}) != nullptr)
        reporter_.send(
            {EventKind::released,
             {{"MAC", binding->mac.text()}, {"IP", binding->address.text()}, {"REASON", reason}}});
}

ConstElementPtr Hook::reload() {
    auto fresh = std::make_shared<const LoadedClasses>(load_classes(settings_.classes));
    if (!fresh->problems.empty()) {
        const std::string why = first_of(fresh->problems);
        LOG_ERROR(hook_logger, message_reload_refused).arg(why);
        return isc::config::createAnswer(1, "device classes stay as they were: " + why);
    }
    const std::size_t count = fresh->table.classes().size();
    loaded_ = std::move(fresh);
    ++table_version_;
    LOG_INFO(hook_logger, message_reloaded).arg(count);
    return isc::config::createAnswer(0, std::to_string(count) + " device classes");
}

ConstElementPtr Hook::status() const {
    const auto loaded = loaded_.load();
    const Reporter::Counts counts = reporter_.counts();
    const auto number = [](std::uint64_t value) {
        return Element::create(static_cast<std::int64_t>(value));
    };
    const auto problems = Element::createList();
    for (const std::string& problem : loaded->problems)
        problems->add(Element::create(problem));
    const auto facts = Element::createMap();
    facts->set("classes", number(loaded->table.classes().size()));
    facts->set("table-version", number(table_version_));
    facts->set("problems", problems);
    facts->set("answers", number(answers_));
    facts->set("bindings-written", number(counts.bindings_written));
    facts->set("bindings-failed", number(counts.bindings_failed));
    facts->set("bindings-dropped", number(counts.bindings_dropped));
    facts->set("events-sent", number(counts.events_sent));
    facts->set("events-dropped", number(counts.events_dropped));
    facts->set("last-error", Element::create(counts.last_error));
    return isc::config::createAnswer(0, "Plugtone is loaded", facts);
}

} // namespace plugtone
