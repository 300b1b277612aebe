// What 'plugtonectl doctor' makes of what it has looked at: each finding with what to do about it.
// Pure: facts in, findings out; any thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace plugtone::doctor {

enum class Severity { good, note, warning, error };
std::string_view severity_name(Severity severity);

struct Finding {
    std::string check; // "disk", "kea", …
    Severity severity = Severity::good;
    std::string text;
    std::string advice = {}; // what to do; empty: nothing

    bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

// The agent's Status, as 'plugtonectl status --json' has it.
Findings check_status(const nlohmann::json& status);

// Findings of 'plugtonectl lint' of these severities: "error", "warning", …
Findings check_lint(const std::vector<std::string>& severities);

// Kea's answer to plugtone-status (docs/kea-hook.md); null: there was none, and error says why.
Findings check_kea(const nlohmann::json& answer, const std::string& error = {});
// Kea's bindings-failed and bindings-dropped together, before and after a lease was taken.
Findings check_bindings(std::uint64_t before, std::uint64_t after);

struct Link {
    bool is_there = false;
    bool is_up = false;
    bool has_carrier = false;
};
// Nothing: a phone can be plugged in there.
Findings check_link(const std::string& interface, const Link& link);

struct Servers {
    std::set<std::string> ours;  // all addresses of this machine
    std::set<std::string> known; // others that are meant to answer, such as a partner of Kea's
};
// What plugtone-phone --survey has told.
Findings check_offers(const nlohmann::json& survey, const Servers& servers);
// What plugtone-phone has told of a boot with a MAC that nobody added, and what the hook says that
// it would be offered ('device explain --json'; null: not known).
Findings check_phone(const nlohmann::json& report, const nlohmann::json& expected);
// It had a lease, and the file server gave it a file.
bool was_served(const nlohmann::json& report);

struct Disk {
    std::string path;
    std::uint64_t free_bytes = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t free_inodes = 0;
    std::uint64_t inodes = 0; // 0: the file system does not count them
};
Findings check_disk(const Disk& disk);

struct Clocks {
    bool is_synchronised = false; // by NTP, as the kernel knows it
    std::int64_t now = 0;         // seconds since 1970
    std::int64_t published = 0;   // when the live generation was made; 0: there is none
};
Findings check_clocks(const Clocks& clocks);

struct CertificateFound {
    std::string file;
    std::vector<std::string> names;
    std::int64_t not_before = 0;
    std::int64_t not_after = 0;
    bool is_server = false; // the file server's own: phones ask by one of its names
};
Findings check_certificate(const CertificateFound& certificate, std::int64_t now,
                           const std::set<std::string>& own_addresses);

} // namespace plugtone::doctor
