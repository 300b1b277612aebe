#include "phone/report.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

constexpr std::size_t label_width = 22; // "cfg000b82123456.xml" and room
constexpr std::size_t result_width = 10;
constexpr std::uint32_t for_ever = 0xFFFFFFFFU;

// The options that say where to go and who told.
constexpr std::array<std::uint8_t, 5> shown_options = {43, 66, 67, 150, 160};

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size() + 1, width), ' ');
    return text;
}

// Text if it is printable as it stands, else hexadecimal.
std::string option_text(const Bytes& value) {
    const std::string_view text = as_text(value);
    return printable(text) == text ? std::string(text) : "hex " + to_hex(value);
}

nlohmann::json options_json(const DhcpMessage& ack) {
    nlohmann::json options = nlohmann::json::object();
    for (const DhcpOption& option : ack.options) {
        nlohmann::json one = {{"hex", to_hex(option.value)}};
        const std::string_view text = as_text(option.value);
        if (!text.empty() && printable(text) == text)
            one["text"] = text;
        options[std::to_string(option.code)] = std::move(one);
    }
    return options;
}

nlohmann::json lease_json(const Lease& lease) {
    nlohmann::json json = {
        {"prefix", lease.prefix_size}, {"seconds", lease.seconds}, {"server", lease.server.text()}};
    json["router"] = lease.router ? nlohmann::json(lease.router->text()) : nlohmann::json();
    return json;
}

std::string_view kind_name(FileKind kind) {
    switch (kind) {
    case FileKind::binary:
        return "binary";
    case FileKind::own_xml:
        return "xml";
    case FileKind::generic:
        return "generic";
    case FileKind::firmware:
        return "firmware";
    case FileKind::asked:
        return "ask";
    }
    return {};
}

nlohmann::json step_json(const StepReport& step) {
    nlohmann::json json = {{"name", printable(step.request.name)},
                           {"kind", kind_name(step.request.kind)},
                           {"url", printable(step.url)},
                           {"result", file_result_name(step.result)},
                           {"bytes", step.bytes},
                           {"ms", step.took_ms},
                           {"detail", printable(step.detail)}};
    if (!step.sha256.empty())
        json["sha256"] = step.sha256;
    if (step.result == FileResult::ok && step.request.kind <= FileKind::generic)
        json["encrypted"] = step.encrypted;
    return json;
}

} // namespace

std::string labelled(std::string_view label, const std::string& text) {
    return padded(std::string(label), label_width) + text;
}

std::string step_line(const StepReport& step) {
    std::string text = padded(std::string(file_result_name(step.result)), result_width);
    if (step.result == FileResult::ok || step.result == FileResult::rejected)
        text += std::to_string(step.bytes) + " bytes";
    if (!step.detail.empty())
        text += (text.ends_with(' ') ? "" : ", ") + printable(step.detail);
    return labelled(printable(step.request.name), text);
}

std::string offer_line(const OfferSeen& offer) {
    return offer.address.text() + " from " + offer.server.text() + " (" + offer.sender.text() +
           ")" + (offer.option_66 ? ", option 66 " + option_text(*offer.option_66) : "");
}

std::vector<std::string> lease_lines(const Lease& lease) {
    std::string text = lease.address.text() + "/" + std::to_string(lease.prefix_size) + " from " +
                       lease.server.text();
    text +=
        lease.seconds == for_ever ? ", for ever" : ", for " + std::to_string(lease.seconds) + " s";
    if (lease.router)
        text += ", router " + lease.router->text();
    std::vector<std::string> lines = {labelled("lease", text)};
    for (const std::uint8_t code : shown_options)
        if (const Bytes* value = lease.ack.option(code))
            lines.push_back(labelled("option " + std::to_string(code), option_text(*value)));
    return lines;
}

std::vector<std::string> parameter_lines(const ParameterSet& parameters) {
    std::vector<std::string> lines;
    for (const auto& [name, value] : parameters)
        lines.push_back(labelled("  " + name.text(), printable(value)));
    return lines;
}

std::string report_json(const BootReport& report) {
    nlohmann::json json = {{"mac", report.mac.text()},
                           {"vendor_class", printable(report.vendor_class)},
                           {"address", nullptr},
                           {"lease", nullptr},
                           {"server", nullptr},
                           {"server_source", nullptr},
                           {"options", nlohmann::json::object()},
                           {"steps", nlohmann::json::array()},
                           {"parameters", nlohmann::json::object()},
                           {"outcome", outcome_name(report.outcome)}};
    if (report.lease) {
        json["address"] = report.lease->address.text();
        json["lease"] = lease_json(*report.lease);
        json["options"] = options_json(report.lease->ack);
    }
    if (report.server) {
        json["server"] = report.server->text();
        json["server_source"] = report.server->source;
    }
    for (const StepReport& step : report.steps)
        json["steps"].push_back(step_json(step));
    for (const auto& [name, value] : report.parameters)
        json["parameters"][name.text()] = value;
    for (const OfferSeen& offer : report.offers)
        json["offers"].push_back(
            {{"server", offer.server.text()},
             {"sender", offer.sender.text()},
             {"address", offer.address.text()},
             {"option_66", offer.option_66 ? option_text(*offer.option_66) : std::string()}});
    if (!report.error.empty())
        json["error"] = printable(report.error);
    return json.dump(2);
}

} // namespace plugtone
