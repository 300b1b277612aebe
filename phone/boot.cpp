#include "phone/boot.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "core/base/fd.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "phone/attachment.hpp"
#include "phone/config_file.hpp"
#include "phone/dns.hpp"
#include "phone/fetch.hpp"
#include "phone/lease_taker.hpp"
#include "phone/memory.hpp"
#include "phone/survey.hpp"

namespace plugtone {

namespace {

using Say = std::function<void(const std::string&)>;

std::string user_agent(const Settings& settings, const Mac& mac) {
    if (settings.user_agent)
        return *settings.user_agent;
    return "Grandstream Model HW " + (settings.model.empty() ? "GXP2160" : settings.model) +
           " SW " + settings.firmware_version + " DevId " + mac.text();
}

bool is_config(FileKind kind) {
    return kind == FileKind::binary || kind == FileKind::own_xml || kind == FileKind::generic;
}

Result<ConfigFile> read_config_file(const FileRequest& request, const Bytes& bytes, const Mac& mac,
                                    const FilePassword& password) {
    if (request.kind == FileKind::binary)
        return read_binary_config(request.name, bytes, mac);
    return read_xml_config(request.name, bytes, mac, password);
}

// What was entered by hand counts until the phone has been told another.
FilePassword password_now(const Settings& settings, const PhoneMemory& memory) {
    FilePassword password = settings.password;
    if (auto told = memory.xml_password())
        password.password = std::move(told);
    return password;
}

StepReport fetch_one(const FileRequest& wanted, const ServerUrl& server, const Fetcher& fetcher,
                     const Settings& settings, PhoneMemory& memory, BootReport& report) {
    const FileRequest request{wanted.kind, memory.asked_name(wanted)};
    StepReport step{.request = request,
                    .url = server.file(request.name),
                    .result = FileResult::failed,
                    .bytes = 0,
                    .sha256 = {},
                    .encrypted = false,
                    .took_ms = 0,
                    .detail = {}};
    const bool config = is_config(request.kind);
    FetchAnswer answer = fetcher.fetch(step.url, config ? config_size_max : other_size_max);
    step.result = answer.result;
    step.detail = std::move(answer.detail);
    step.took_ms = answer.took.count();
    if (answer.result != FileResult::ok)
        return step;
    step.bytes = answer.bytes.size();
    step.sha256 = sha256_hex(answer.bytes);
    step.detail = "sha256 " + step.sha256;
    if (!config)
        return step;
    auto file = read_config_file(request, answer.bytes, report.mac, password_now(settings, memory));
    if (!file) {
        step.result = FileResult::rejected;
        step.detail = file.error().message;
        return step;
    }
    step.encrypted = file->encrypted;
    step.detail = file->summary;
    overlay(report.parameters, file->parameters);
    memory.take(file->parameters); // at once: the guide, "Provisioning Flow"
    return step;
}

void fetch_all(const Settings& settings, const Fetcher& fetcher, const Say& say, bool (*stop)(),
               PhoneMemory& memory, BootReport& report) {
    ProvisioningFlow flow(report.mac, settings.firmware, settings.asked);
    while (const auto request = flow.next()) {
        StepReport step = fetch_one(*request, *report.server, fetcher, settings, memory, report);
        flow.on_result(step.result);
        say(step_line(step));
        report.steps.push_back(std::move(step));
        if (stop()) {
            report.error = "interrupted";
            return;
        }
    }
    report.outcome = flow.outcome();
}

// Only its own addresses can be bound.
bool is_of_this_machine(Ipv4 address) {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(address.number);
    return socket &&
           ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0;
}

Done use_lease(const Settings& settings, Attachment& place, const Say& say, bool (*stop)(),
               BootReport& report) {
    auto memory = settings.state_file ? PhoneMemory::load(*settings.state_file)
                                      : Result<PhoneMemory>(PhoneMemory());
    if (!memory)
        return tl::unexpected(memory.error());
    if (auto good = place.configure(*report.lease); !good)
        return good;
    auto server = choose_server(report.lease->ack);
    if (!server)
        return tl::unexpected(server.error());
    say(labelled("server", server->text() + "  (" + server->source + ")"));
    report.server = std::move(*server);
    const auto host = resolve(report.server->host, report.lease->dns_servers);
    if (!host)
        return tl::unexpected(host.error());
    if (place.is_beside_server() && !is_of_this_machine(*host))
        return fail(ErrorKind::refused,
                    "its files are on " + report.server->host +
                        ", which is not this machine: boot at another port of the network");
    const bool named = host->text() != report.server->host;
    const Fetcher fetcher({.interface = place.name(),
                           .address = report.lease->address,
                           .user_agent = user_agent(settings, report.mac),
                           .timeout = settings.timeout,
                           .ca_file = settings.ca_file,
                           .known_host = named ? report.server->host + ":" +
                                                     report.server->effective_port() + ":" +
                                                     host->text()
                                               : ""},
                          stop);
    fetch_all(settings, fetcher, say, stop, *memory, report);
    return settings.state_file ? memory->store(*settings.state_file) : Done{};
}

// Asks who is there, and takes nothing.
Done survey_on(const Settings& settings, PacketSocket& socket, const DhcpIdentity& identity,
               const Say& say, bool (*stop)(), BootReport& report) {
    auto offers = survey_offers(socket, identity, settings.survey, stop);
    if (!offers)
        return tl::unexpected(offers.error());
    report.offers = *std::move(offers);
    for (const OfferSeen& offer : report.offers)
        say(labelled("offer", offer_line(offer)));
    if (report.offers.empty())
        return fail(ErrorKind::io, "no DHCP server has answered within " +
                                       std::to_string(settings.survey.count()) + " s");
    report.outcome = Outcome::configured;
    return {};
}

Done boot_on(const Settings& settings, Attachment& place, const Say& say, bool (*stop)(),
             BootReport& report) {
    auto socket = place.open_packets();
    if (!socket)
        return tl::unexpected(socket.error());
    const DhcpIdentity identity{.mac = report.mac,
                                .vendor_class = settings.vendor_class,
                                .model = settings.identifies_itself ? settings.model : "",
                                .host_name = settings.host_name};
    if (settings.survey.count() > 0)
        return survey_on(settings, *socket, identity, say, stop, report);
    const auto taken = take_lease(*socket, identity, settings.timeout, stop);
    if (!taken)
        return tl::unexpected(taken.error());
    report.lease = taken->lease;
    for (const std::string& line : lease_lines(taken->lease))
        say(line);
    auto done = use_lease(settings, place, say, stop, report);
    if (settings.keep) {
        place.keep();
    } else if (place.is_borrowed()) {
        say(labelled("lease", "kept: its address was on the interface before"));
    } else if (auto good = release_lease(*socket, identity, *taken); !good) {
        log(Level::warning, "not-released", {{"reason", good.error().message}});
    }
    return done;
}

} // namespace

BootReport boot(const Settings& settings, const Say& say, bool (*stop)()) {
    BootReport report;
    report.vendor_class = settings.vendor_class;
    if (settings.mac)
        report.mac = *settings.mac;
    auto place = settings.beside_server
                     ? Attachment::make_beside_server(settings.interface, report.mac)
                     : Attachment::make(settings.interface, settings.mac);
    if (!place) {
        report.error = place.error().message;
        return report;
    }
    report.mac = place->mac();
    say(labelled("phone", report.mac.text() + " on " + settings.interface + ", " +
                              printable(settings.vendor_class)));
    if (const auto good = boot_on(settings, *place, say, stop, report); !good)
        report.error = good.error().message;
    return report;
}

} // namespace plugtone
