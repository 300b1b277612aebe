#include "agent/doctor/findings.hpp"

#include <algorithm>
#include <array>

namespace plugtone::doctor {

namespace {

using nlohmann::json;

// 2023-01-01: before that, there was no such program.
constexpr std::int64_t earliest_now = 1'672'531'200;
// A clock that was set back by less is no trouble for anybody.
constexpr std::int64_t clock_slack_s = 300;
constexpr std::int64_t day_s = 24LL * 3600;
constexpr std::int64_t ends_soon_s = 30 * day_s;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;
constexpr std::uint64_t free_least = 64 * mebibyte; // below: an error
constexpr std::uint64_t free_percent_least = 10;    // below: a warning

std::vector<std::string> texts(const json& object, const char* name) {
    std::vector<std::string> all;
    if (object.is_object() && object.contains(name) && object[name].is_array())
        for (const json& one : object[name])
            all.push_back(one.is_string() ? one.get<std::string>() : one.dump());
    return all;
}

std::uint64_t number(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number() ? found->get<std::uint64_t>() : 0;
}

std::string text(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string counted(std::uint64_t count, const std::string& what) {
    return std::to_string(count) + " " + what;
}

} // namespace

std::string_view severity_name(Severity severity) {
    switch (severity) {
    case Severity::good:
        return "ok";
    case Severity::note:
        return "note";
    case Severity::warning:
        return "warning";
    case Severity::error:
        return "error";
    }
    return "error";
}

Findings check_status(const json& status) {
    Findings all;
    all.push_back({"agent", Severity::good,
                   "answers; generation " + std::to_string(number(status, "generation")) +
                       " is live, " + counted(number(status, "devices"), "devices")});
    if (number(status, "generation") == 0)
        all.push_back({"agent", Severity::error, "nothing is published",
                       "'plugtonectl publish', and the agent's log"});
    for (const std::string& problem : texts(status, "problems"))
        all.push_back({"agent", Severity::error, problem, "mend it, then 'plugtonectl publish'"});
    if (const auto stuck = number(status, "stuck"); stuck > 0)
        all.push_back({"phones", Severity::warning, counted(stuck, "phones are stuck"),
                       "'plugtonectl device list --stuck' says where and why"});
    if (const auto lost = number(status, "lost_events"); lost > 0)
        all.push_back({"journal", Severity::error,
                       counted(lost, "events were not taken by the database"),
                       "look for journal-failed in the agent's log"});
    if (const auto dropped = number(status, "dropped_events"); dropped > 0)
        all.push_back({"journal", Severity::note,
                       counted(dropped, "events were dropped while the agent did not read"),
                       "nothing, if it was down for a while"});
    return all;
}

Findings check_lint(const std::vector<std::string>& severities) {
    const auto count = [&](const char* severity) {
        return std::count(severities.begin(), severities.end(), severity);
    };
    const auto errors = count("error"), warnings = count("warning");
    if (errors + warnings == 0)
        return {};
    return {{"lint", Severity::warning,
             "phones' settings have " + std::to_string(errors) + " errors and " +
                 std::to_string(warnings) + " warnings",
             "'plugtonectl lint' shows them"}};
}

Findings check_kea(const json& answer, const std::string& error) {
    if (!answer.is_object() && error.empty())
        return {{"kea", Severity::note, "this agent has no Kea to ask",
                 "kea-socket in agent.conf, if there is one"}};
    if (!answer.is_object())
        return {{"kea", Severity::error, "its hook does not answer: " + error,
                 "is kea-dhcp4 running, with libdhcp_plugtone.so among its hooks-libraries and "
                 "agent.conf's kea-socket as its control socket?"}};
    Findings all;
    const auto classes = number(answer, "classes");
    all.push_back({"kea", Severity::good, "answers, with " + counted(classes, "device classes")});
    if (classes == 0)
        all.push_back({"kea", Severity::error, "it has no device classes: no phone is recognised",
                       "the hook's parameter 'classes'"});
    for (const std::string& problem : texts(answer, "problems"))
        all.push_back({"kea", Severity::error, problem, "mend the file, then plugtone-reload"});
    for (const std::string& conflict : texts(answer, "conflicts"))
        all.push_back({"kea", Severity::warning, conflict,
                       "take it out of Kea's configuration, or set override in the class"});
    if (const std::string refused = text(answer, "last-refused-reload"); !refused.empty())
        all.push_back({"kea", Severity::warning, "it refused its last reload: " + refused,
                       "mend that, then 'plugtonectl publish'"});
    for (const auto& [name, what] :
         {std::pair("bindings-failed", "bindings could not be written"),
          std::pair("bindings-dropped", "bindings did not fit the queue")})
        if (const auto count = number(answer, name); count > 0)
            all.push_back(
                {"kea", Severity::warning,
                 counted(count, what) +
                     (text(answer, "last-error").empty() ? "" : ": " + text(answer, "last-error")),
                 "the file server refuses those phones their files: look at the folder "
                 "of the hook's parameter 'bindings'"});
    return all;
}

Findings check_bindings(std::uint64_t before, std::uint64_t after) {
    if (after <= before)
        return {};
    return {{"bindings", Severity::error,
             "a lease was given, and could not be written for the file server: it will refuse "
             "that phone its file",
             "look at the folder of the hook's parameter 'bindings'"}};
}

Findings check_link(const std::string& interface, const Link& link) {
    if (!link.is_there)
        return {{"wire", Severity::error, "there is no interface " + interface,
                 "say --interface, or mend interfaces-config in Kea's configuration"}};
    if (!link.is_up)
        return {{"wire", Severity::error, "interface " + interface + " is down",
                 "'ip link set " + interface + " up'; Kea answers there once it is restarted"}};
    if (!link.has_carrier)
        return {{"wire", Severity::warning,
                 "interface " + interface + " has no carrier: no phone could be tried",
                 "plug the cable in, then ask again"}};
    return {};
}

Findings check_offers(const json& survey, const Servers& servers) {
    Findings all;
    bool is_served = false;
    const json offers = survey.is_object() ? survey.value("offers", json::array()) : json::array();
    for (const json& offer : offers) {
        const std::string server = text(offer, "server");
        if (servers.ours.contains(server)) {
            is_served = true;
            all.insert(all.begin(), {"dhcp", Severity::good, "our Kea offers an address"});
            continue;
        }
        if (servers.known.contains(server)) {
            is_served = true;
            all.push_back({"dhcp", Severity::note, server + ", a partner, offers an address"});
            continue;
        }
        const std::string url = text(offer, "option_66");
        all.push_back({"dhcp", Severity::error,
                       "another DHCP server answers on this wire: " + server + " (" +
                           text(offer, "sender") + ")" +
                           (url.empty() ? "" : ", which sends phones to " + url),
                       "find the device with that MAC address and switch its DHCP server off, or "
                       "say --partner if it is meant to answer"});
    }
    if (!is_served)
        all.insert(all.begin(), {"dhcp", Severity::error, "our Kea offers no address on this wire",
                                 "is kea-dhcp4 running, on this interface, with a free pool?"});
    return all;
}

namespace {

// The two that say where the files are. Others may be left out rightly: the phone did not ask.
constexpr std::array<std::uint64_t, 2> followed_options = {43, 66};

// The options that the hook would send, and that the phone did not get so.
Findings check_options(const json& report, const json& expected) {
    Findings all;
    if (!expected.is_object() || !expected.contains("options") || text(expected, "class").empty())
        return all;
    for (const json& option : expected["options"]) {
        if (std::count(followed_options.begin(), followed_options.end(), number(option, "code")) ==
            0)
            continue;
        const std::string code = std::to_string(number(option, "code"));
        const std::string want = text(option, "hex");
        const json got = report.value("options", json::object());
        const std::string came = got.contains(code) ? text(got[code], "hex") : "";
        if (came == want)
            continue;
        all.push_back({"options", Severity::error,
                       "option " + code + " is " + (came.empty() ? "missing" : "another") +
                           " in the answer; it should be '" + text(option, "text") + "'",
                       "Kea's own configuration may set it ('plugtonectl lint'), or another "
                       "server has answered"});
    }
    if (all.empty())
        all.push_back({"options", Severity::good,
                       "the answer has what class " + text(expected, "class") + " wants"});
    return all;
}

bool is_ok(const json& step, const char* kind) {
    return text(step, "kind") == kind && text(step, "result") == "ok";
}

} // namespace

bool was_served(const json& report) {
    if (!report.is_object() || !report.contains("lease") || report["lease"].is_null())
        return false;
    const json steps = report.value("steps", json::array());
    return std::any_of(steps.begin(), steps.end(), [](const json& step) {
        return is_ok(step, "generic") || is_ok(step, "xml") || is_ok(step, "binary");
    });
}

Findings check_phone(const json& report, const json& expected) {
    const std::string error = text(report, "error");
    if (!report.is_object() || !report.contains("lease") || report["lease"].is_null())
        return {{"lease", Severity::error, "a phone gets no lease: " + error,
                 "is kea-dhcp4 running, on this interface, with a free pool?"}};
    Findings all;
    all.push_back({"lease", Severity::good, "a phone leases " + text(report, "address")});
    for (Finding& finding : check_options(report, expected))
        all.push_back(std::move(finding));
    if (!error.empty())
        all.push_back({"files", Severity::error, "a phone does not get to its files: " + error,
                       "is plugtone-tftpd running, on the address that option 66 names?"});
    for (const json& step : report.value("steps", json::array())) {
        const std::string result = text(step, "result");
        if (result == "failed" || result == "rejected")
            all.push_back({"files", Severity::error,
                           text(step, "name") + " from " + text(report, "server") + ": " + result +
                               ", " + text(step, "detail"),
                           "is plugtone-tftpd running, on that address, and "
                           "plugtone-tftpd-self.socket? Its log says more"});
    }
    if (was_served(report))
        all.push_back({"files", Severity::good, "a phone that nobody added gets the generic file"});
    else if (error.empty())
        all.push_back({"files", Severity::error, "a phone that nobody added gets no generic file",
                       "'plugtonectl publish' makes cfg.xml anew; the file server's log"});
    return all;
}

Findings check_disk(const Disk& disk) {
    const std::string where = disk.path + " has " + std::to_string(disk.free_bytes / mebibyte) +
                              " MiB of " + std::to_string(disk.size_bytes / mebibyte) + " free";
    const std::string advice = "make room: changes are refused when it is full";
    if (disk.free_bytes < free_least)
        return {{"disk", Severity::error, where, advice}};
    if (disk.inodes > 0 && disk.free_inodes < disk.inodes / 100)
        return {{"disk", Severity::error, disk.path + " has no inodes left for new files", advice}};
    if (disk.free_bytes < disk.size_bytes / 100 * free_percent_least)
        return {{"disk", Severity::warning, where, advice}};
    return {{"disk", Severity::good, where}};
}

Findings check_clocks(const Clocks& clocks) {
    if (clocks.now < earliest_now)
        return {{"clock", Severity::error, "the clock is years behind",
                 "set it: certificates and leases depend on it"}};
    if (clocks.published > clocks.now + clock_slack_s)
        return {{"clock", Severity::error,
                 "the live generation was published in the future: the clock was set back",
                 "set it: leases seem to last longer, and certificates not to hold yet"}};
    if (!clocks.is_synchronised)
        return {{"clock", Severity::warning, "no time server corrects the clock",
                 "let systemd-timesyncd, or chrony, do that"}};
    return {{"clock", Severity::good, "is corrected by a time server"}};
}

Findings check_certificate(const CertificateFound& certificate, std::int64_t now,
                           const std::set<std::string>& own_addresses) {
    const std::string advice = certificate.is_server
                                   ? "'plugtonectl tls renew'"
                                   : "phones that it vouches for are refused then: get a new one";
    const std::int64_t left = certificate.not_after - now;
    if (left <= 0)
        return {{"certificate", Severity::error, certificate.file + " has expired", advice}};
    if (certificate.not_before > now)
        return {{"certificate", Severity::error, certificate.file + " does not hold yet",
                 "look at the clock"}};
    Findings all;
    const std::string days = std::to_string(left / day_s) + " days";
    if (left < ends_soon_s)
        all.push_back(
            {"certificate", Severity::warning, certificate.file + " ends in " + days, advice});
    else
        all.push_back({"certificate", Severity::good, certificate.file + " holds for " + days});
    const auto is_ours = [&](const std::string& name) { return own_addresses.contains(name); };
    const auto is_address = [](const std::string& name) {
        return name.find_first_not_of("0123456789.") == std::string::npos;
    };
    const bool only_addresses =
        std::all_of(certificate.names.begin(), certificate.names.end(), is_address);
    if (certificate.is_server && only_addresses &&
        std::none_of(certificate.names.begin(), certificate.names.end(), is_ours))
        all.push_back({"certificate", Severity::warning,
                       certificate.file + " names no address of this machine: phones that check "
                                          "it refuse it",
                       "'plugtonectl tls renew --name ADDRESS'"});
    return all;
}

} // namespace plugtone::doctor
