// What became of a boot, for people (a line a step) and for programs (one JSON object;
// docs/phone.md has its form). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "phone/dhcp_client.hpp"
#include "phone/provisioning.hpp"
#include "phone/server_url.hpp"

namespace plugtone {

struct StepReport {
    FileRequest request;
    std::string url;
    FileResult result = FileResult::failed;
    std::size_t bytes = 0;
    std::string sha256; // of what came; empty if nothing did
    bool encrypted = false;
    std::int64_t took_ms = 0;
    std::string detail;
};

// An OFFER that came, of whatever server.
struct OfferSeen {
    Ipv4 server;  // option 54
    Mac sender;   // of its frame: the server, or the relay to it
    Ipv4 address; // offered
    std::optional<Bytes> option_66;
};

struct BootReport {
    Mac mac;
    std::string vendor_class;
    std::optional<Lease> lease;
    std::optional<ServerUrl> server;
    std::vector<StepReport> steps;
    ParameterSet parameters;
    Outcome outcome = Outcome::failed;
    std::vector<OfferSeen> offers; // of a survey
    std::string error;             // why it ended before the files, or between them
};

// Lines without their newline.
std::string step_line(const StepReport& step);
std::string offer_line(const OfferSeen& offer);
std::vector<std::string> lease_lines(const Lease& lease);
std::vector<std::string> parameter_lines(const ParameterSet& parameters);
std::string labelled(std::string_view label, const std::string& text);

// With the parameters' values in clear.
std::string report_json(const BootReport& report);

} // namespace plugtone
