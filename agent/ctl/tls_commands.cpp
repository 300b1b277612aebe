// plugtonectl tls: a private authority and the file server's certificate for those who have none,
// and the trust anchors of the phones' own certificates. Files only, no bus.
#include <algorithm>
#include <array>
#include <ctime>

#include <unistd.h>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "agent/doctor/machine.hpp"
#include "agent/tls/tls_folder.hpp"
#include "core/base/text.hpp"
#include "core/classes/class_table.hpp"

namespace plugtone::ctl {

namespace {

constexpr std::int64_t soon_s = std::int64_t{30} * 86'400;
constexpr std::size_t host_name_size = 256;
constexpr const char* reload_hint =
    "the file server takes it within 10 s, or at once by 'systemctl reload plugtone-tftpd'";

struct TlsLine {
    std::string folder = "/etc/plugtone/tls";
    std::vector<std::string> names;
    std::vector<std::string> classes = {"/usr/share/plugtone/classes.d", "/etc/plugtone/classes.d"};
    std::string device_class;
    std::string anchors;
    std::string revoked;
};
using Line = std::shared_ptr<TlsLine>;

// By which phones on this machine's networks may ask: its IPv4 addresses, and its name.
std::vector<std::string> own_names() {
    std::vector<std::string> names = doctor::own_addresses();
    std::array<char, host_name_size> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0 && check_server_name(host.data()))
        names.emplace_back(host.data());
    return names;
}

nlohmann::json facts_json(const CertificateFacts& facts) {
    return {{"subject", facts.subject},
            {"names", facts.names},
            {"not_before", facts.not_before},
            {"not_after", facts.not_after},
            {"key", facts.key},
            {"sha256", facts.fingerprint},
            {"is_authority", facts.is_authority}};
}

Done init(const Command& command, const TlsLine& line) {
    const std::vector<std::string> names = line.names.empty() ? own_names() : line.names;
    if (names.empty())
        return fail("this machine has no address besides 127.0.0.1: say --name with what the "
                    "phones' URL has");
    const TlsFolder folder(line.folder);
    const auto made = folder.init(names, std::time(nullptr));
    if (!made)
        return tl::unexpected(made.error());
    say(command,
        "made " + joined(*made) + " for " + joined(names) +
            "\nin tftpd.conf: tls-certificate and tls-key are both " + line.folder +
            "/server.pem, and https-port 443; phones that check the server must trust " +
            line.folder + "/ca.pem",
        {{"made", *made}, {"names", names}});
    return {};
}

Done renew(const Command& command, const TlsLine& line) {
    const auto made = TlsFolder(line.folder).renew(line.names, std::time(nullptr));
    if (!made)
        return tl::unexpected(made.error());
    say(command,
        line.folder + "/server.pem: new, for " + joined(made->names) + ", until " +
            time_text(made->not_after) + "; " + reload_hint,
        facts_json(*made));
    return {};
}

Done show(const Command& command, const TlsLine& line) {
    const auto all = TlsFolder(line.folder).show();
    if (!all)
        return tl::unexpected(all.error());
    if (all->empty())
        return fail(ErrorKind::not_found, line.folder +
                                              " holds no certificates; 'plugtonectl tls init' "
                                              "makes a private authority and the server's");
    nlohmann::json json = nlohmann::json::array();
    std::vector<Row> rows;
    std::vector<std::string> notes;
    const std::int64_t now = std::time(nullptr);
    for (const auto& [file, facts] : *all) {
        json.push_back(facts_json(facts));
        json.back()["file"] = file;
        rows.push_back({file, facts.subject, joined(facts.names), time_text(facts.not_after),
                        facts.key, facts.fingerprint});
        if (facts.not_after <= now)
            notes.push_back(file + ": '" + facts.subject + "' has ended");
        else if (facts.not_after - now < soon_s)
            notes.push_back(file + ": '" + facts.subject + "' ends soon");
    }
    if (command.json)
        print_json(json);
    else
        print_table({"FILE", "OF", "NAMES", "UNTIL", "KEY", "SHA-256"}, rows);
    print_notes(command, notes);
    return {};
}

Done trust(const Command& command, const TlsLine& line) {
    const LoadedClasses classes = load_classes(line.classes);
    const DeviceClass* found = classes.table.find(line.device_class);
    if (found == nullptr && !classes.problems.empty())
        return fail("no class '" + printable(line.device_class) +
                    "' in the files that can be read; " + classes.problems.front());
    if (found == nullptr)
        return fail(ErrorKind::not_found,
                    "no class '" + printable(line.device_class) + "' in " + joined(line.classes));
    if (!found->client_certificates)
        return fail(found->origin +
                    ": the class asks for no client certificates; in its <access>, "
                    "write <client-certificates anchors=\"" +
                    found->name + ".pem\"/>");
    const auto put =
        TlsFolder(line.folder)
            .trust(*found->client_certificates, line.anchors, line.revoked, std::time(nullptr));
    if (!put)
        return tl::unexpected(put.error());
    say(command, "class " + found->name + ": put " + joined(*put) + "; " + reload_hint,
        {{"class", found->name}, {"files", *put}});
    return {};
}

using Verb = Done (*)(const Command&, const TlsLine&);

CLI::App* add_verb(CLI::App& group, Command& command, const Line& line, const char* name,
                   const char* what, Verb verb) {
    CLI::App* made = group.add_subcommand(name, what);
    made->add_option("--folder", line->folder, "where the certificates are")->capture_default_str();
    made->callback([&command, line, verb] {
        command.run_alone = [&command, line, verb] { return verb(command, *line); };
    });
    return made;
}

} // namespace

void declare_tls_commands(CLI::App& app, Command& command) {
    CLI::App* group = app.add_subcommand("tls", "certificates of the file server and for phones");
    group->require_subcommand(1);
    const auto line = std::make_shared<TlsLine>();
    const auto add = [&](const char* name, const char* what, Verb verb) {
        return add_verb(*group, command, line, name, what, verb);
    };
    const char* name_help =
        "address or host's name of the file server, as phones ask for it; may be repeated";
    add("init", "makes a private authority and the server's certificate, where there are none",
        &init)
        ->add_option("--name", line->names, name_help);
    add("renew", "makes a new key and certificate of the server, by the same authority", &renew)
        ->add_option("--name", line->names, std::string(name_help) + "; none: the old one's");
    add("show", "the certificates in use, and until when", &show);
    CLI::App* trusting = add(
        "trust", "believes the certificates of a class's phones that these have signed", &trust);
    trusting->add_option("CLASS", line->device_class, "that has <client-certificates>")->required();
    trusting->add_option("FILE", line->anchors, "the authorities' certificates, PEM")->required();
    trusting->add_option("--revoked", line->revoked, "their revocation list, PEM");
    trusting->add_option("--classes", line->classes, "folders of the class files")
        ->capture_default_str();
}

} // namespace plugtone::ctl
