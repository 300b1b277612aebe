// plugtonectl doctor: a simulated phone against the live system, and what else can be wrong.
#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <iterator>

#include <unistd.h>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "agent/doctor/child.hpp"
#include "agent/doctor/machine.hpp"
#include "agent/tls/tls_folder.hpp"
#include "core/base/ipv4.hpp"
#include "core/contracts/probe.hpp"

namespace plugtone::ctl {

namespace {

using doctor::Finding;
using doctor::Findings;
using doctor::Severity;

constexpr int survey_s = 3;
constexpr int fetches_max = 3; // cfg<mac>, cfg<mac>.xml, cfg.xml
constexpr std::size_t severity_width = 9;
constexpr std::size_t check_width = 13;

struct DoctorLine {
    std::vector<std::string> interfaces;
    std::vector<std::string> partners;
    std::string phone;
    std::string tls_folder = "/etc/plugtone/tls";
    int timeout_s = 10;
};

// What the agent knows, as far as it answers.
struct Seen {
    nlohmann::json kea; // null: no answer
    std::string kea_error;
    std::vector<std::string> interfaces;
    std::vector<std::string> folders = {"/srv/plugtone", "/var/lib/plugtone", "/run/plugtone"};
    std::int64_t published = 0;
};

class Examination {
public:
    explicit Examination(const DoctorLine& line) : line_(line) {
        const std::vector<std::string> own = doctor::own_addresses();
        servers_.ours = {own.begin(), own.end()};
        servers_.known = {line.partners.begin(), line.partners.end()};
    }

    void run();
    const Findings& findings() const { return findings_; }
    // A phone was, at each interface.
    bool is_served() const { return tried_ > 0 && served_ == tried_; }

private:
    void add(Findings more) {
        findings_.insert(findings_.end(), std::make_move_iterator(more.begin()),
                         std::make_move_iterator(more.end()));
    }
    bool look_at_agent();
    void look_at_health();
    void look_at_machine();
    void look_at_certificates();
    void look_at_wire();
    void try_phone(const std::string& interface);
    std::uint64_t bindings_missed();
    nlohmann::json explained();
    nlohmann::json phone_says(const std::string& interface, std::vector<std::string> options,
                              std::chrono::seconds limit);

    const DoctorLine& line_;
    std::unique_ptr<Client> client_;
    Seen seen_;
    doctor::Servers servers_;
    Findings findings_;
    int tried_ = 0, served_ = 0;
};

void Examination::run() {
    if (look_at_agent())
        look_at_health();
    look_at_machine();
    look_at_certificates();
    look_at_wire();
}

bool Examination::look_at_agent() {
    try {
        client_ = std::make_unique<Client>();
        const nlohmann::json status = status_json(client_->manager().Status());
        seen_.published = status["published"];
        add(doctor::check_status(status));
        std::vector<std::string> severities;
        for (const auto& row : client_->manager().Lint())
            severities.push_back(std::get<0>(row));
        add(doctor::check_lint(severities));
        return true;
    } catch (const sdbus::Error& error) {
        client_.reset();
        add({{"agent", Severity::error, explain(error),
              "phones are served without it, but nothing can be changed and nothing is recorded: "
              "'systemctl status plugtone-agent'"}});
        return false;
    }
}

void Examination::look_at_health() {
    try {
        const auto [kea, kea_error, interfaces, folders] = client_->manager().Health();
        seen_.kea = nlohmann::json::parse(kea, nullptr, false);
        seen_.kea_error = kea_error;
        seen_.interfaces = interfaces;
        seen_.folders = folders;
        add(doctor::check_kea(seen_.kea, seen_.kea_error));
    } catch (const sdbus::Error& error) {
        add({{"agent", Severity::error, explain(error), "is it of this plugtonectl's release?"}});
    }
}

void Examination::look_at_machine() {
    for (const std::string& folder : seen_.folders)
        if (const auto disk = doctor::disk_of(folder))
            add(doctor::check_disk(*disk));
        else
            add({{"disk", Severity::error, disk.error().message, "where is it to be?"}});
    add(doctor::check_clocks(doctor::clocks_of(seen_.published)));
}

void Examination::look_at_certificates() {
    const auto all = TlsFolder(line_.tls_folder).show();
    if (!all) {
        add({{"certificate", Severity::error, all.error().message, "'plugtonectl tls show'"}});
        return;
    }
    for (const auto& [file, facts] : *all)
        add(doctor::check_certificate(
            {file, facts.names, facts.not_before, facts.not_after, file == "server.pem"},
            std::time(nullptr), servers_.ours));
}

void Examination::look_at_wire() {
    const std::vector<std::string>& interfaces =
        line_.interfaces.empty() ? seen_.interfaces : line_.interfaces;
    if (::geteuid() != 0) {
        add({{"wire", Severity::error, "only root can try a phone", "'sudo plugtonectl doctor'"}});
        return;
    }
    if (interfaces.empty() || interfaces.front() == "*") {
        add({{"wire", Severity::error,
              "no phone was tried: it is not known where phones are plugged in",
              "say --interface"}});
        return;
    }
    for (const std::string& interface : interfaces) {
        const doctor::Link link = doctor::link_of(interface);
        add(doctor::check_link(interface, link));
        if (link.has_carrier)
            try_phone(interface);
    }
}

std::uint64_t Examination::bindings_missed() {
    if (client_ == nullptr || !seen_.kea.is_object())
        return 0;
    try {
        const auto kea =
            nlohmann::json::parse(std::get<0>(client_->manager().Health()), nullptr, false);
        return kea.is_object() ? kea.value("bindings-failed", std::uint64_t{0}) +
                                     kea.value("bindings-dropped", std::uint64_t{0})
                               : 0;
    } catch (const sdbus::Error&) {
        return 0; // it was found before
    }
}

// Null: not known.
nlohmann::json Examination::explained() {
    if (client_ == nullptr || !seen_.kea.is_object())
        return {};
    try {
        return nlohmann::json::parse(client_->manager().Explain(std::string(probe_mac)), nullptr,
                                     false);
    } catch (const sdbus::Error&) {
        return {};
    }
}

nlohmann::json Examination::phone_says(const std::string& interface,
                                       std::vector<std::string> options,
                                       std::chrono::seconds limit) {
    std::vector<std::string> command = {
        line_.phone,       "--interface",          interface,
        "--mac",           std::string(probe_mac), "--json",
        "--beside-server", "--user-agent",         "plugtonectl doctor"};
    command.insert(command.end(), options.begin(), options.end());
    const auto end = doctor::run_child(command, limit);
    if (!end)
        return {{"error", end.error().message}};
    nlohmann::json report = nlohmann::json::parse(end->output, nullptr, false);
    if (report.is_object())
        return report;
    return {{"error", line_.phone + " ended with status " + std::to_string(end->status) +
                          " and told nothing"}};
}

void Examination::try_phone(const std::string& interface) {
    ++tried_;
    const std::uint64_t missed = bindings_missed();
    add(doctor::check_offers(phone_says(interface, {"--survey", std::to_string(survey_s)},
                                        std::chrono::seconds(survey_s + line_.timeout_s)),
                             servers_));
    const nlohmann::json report =
        phone_says(interface, {"--timeout", std::to_string(line_.timeout_s)},
                   std::chrono::seconds((fetches_max + 2) * line_.timeout_s));
    add(doctor::check_phone(report, explained()));
    served_ += doctor::was_served(report) ? 1 : 0;
    add(doctor::check_bindings(missed, bindings_missed()));
}

// The one that came with this plugtonectl, else the installed one.
std::string usual_phone() {
    std::array<char, 4096> path{};
    const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
    const std::string_view self(path.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    const std::string beside = std::string(self.substr(0, self.rfind('/') + 1)) + "plugtone-phone";
    return ::access(beside.c_str(), X_OK) == 0 ? beside : "plugtone-phone";
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size() + 1, width), ' ');
    return text;
}

nlohmann::json findings_json(const Findings& findings) {
    nlohmann::json all = nlohmann::json::array();
    for (const Finding& finding : findings)
        all.push_back({{"check", finding.check},
                       {"severity", doctor::severity_name(finding.severity)},
                       {"text", finding.text},
                       {"advice", finding.advice}});
    return all;
}

void print_findings(const Findings& findings) {
    const std::string indent(severity_width + check_width, ' ');
    for (const Finding& finding : findings) {
        const std::string severity(doctor::severity_name(finding.severity));
        std::printf("%s%s%s\n",
                    toned(padded(severity, severity_width), state_cell(severity).tone).c_str(),
                    padded(finding.check, check_width).c_str(), finding.text.c_str());
        if (!finding.advice.empty())
            std::printf("%s%s\n", indent.c_str(), finding.advice.c_str());
    }
}

Done examine(const Command& command, DoctorLine& line) {
    for (const std::string& partner : line.partners)
        if (!Ipv4::parse(partner))
            return fail("--partner: want an IPv4 address, got '" + partner + "'");
    if (line.phone.empty())
        line.phone = usual_phone();
    Examination examination(line);
    examination.run();
    const Findings& findings = examination.findings();
    const auto errors = std::count_if(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.severity == Severity::error;
    });
    if (command.json)
        print_json({{"healthy", errors == 0},
                    {"served", examination.is_served()},
                    {"findings", findings_json(findings)}});
    else
        print_findings(findings);
    if (errors > 0)
        return fail("phones may not be served: " + std::to_string(errors) +
                    (errors == 1 ? " error" : " errors") + " found");
    return {};
}

} // namespace

void declare_doctor_command(CLI::App& app, Command& command) {
    const auto line = std::make_shared<DoctorLine>();
    CLI::App* made = app.add_subcommand(
        "doctor", "tries a simulated phone, and looks for what is wrong; exit status 1: there is");
    made->add_option("--interface", line->interfaces,
                     "where phones are plugged in; none: those that Kea's configuration names")
        ->allow_extra_args(false);
    made->add_option("--partner", line->partners,
                     "address of another DHCP server that is meant to answer there")
        ->allow_extra_args(false);
    made->add_option("--phone", line->phone,
                     "the plugtone-phone to run (default: the one beside this program)");
    made->add_option("--tls-folder", line->tls_folder, "where the certificates are")
        ->capture_default_str();
    made->add_option("--timeout", line->timeout_s, "seconds for a lease, and for each file")
        ->check(CLI::Range(1, 600))
        ->capture_default_str();
    made->callback([&command, line] {
        command.run_alone = [&command, line] { return examine(command, *line); };
    });
}

} // namespace plugtone::ctl
