#include "phone/settings.hpp"

#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/classes/identity.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {

namespace {

constexpr int usage_status = 2;
constexpr std::size_t password_file_size_max = 4096;
constexpr int timeout_max_s = 3600;
constexpr std::size_t option_text_max = 255;
constexpr std::string_view default_model = "GXP2160";

// The options as text, before they are understood.
struct Words {
    std::string mac;
    std::string model;
    std::string vendor_class;
    std::string user_agent;
    std::string firmware_version;
    std::string password_file;
    std::string state;
    std::string digest = "md5";
    std::string ca_file;
    int timeout_s = 30;
    int survey_s = 0;
};

void describe(CLI::App& app, Settings& settings, Words& given) {
    app.add_option("--interface", settings.interface, "Ethernet interface to boot on")->required();
    app.add_option("--mac", given.mac,
                   "the phone's MAC, if not the interface's: a link of its own is made for it");
    app.add_option("--model", given.model,
                   "Grandstream model, GXP2160 if neither this nor a vendor class is given: option "
                   "60 is 'Grandstream MODEL dslforum.org'");
    app.add_option("--vendor-class", given.vendor_class,
                   "option 60, as it stands; a model is then only for option 125 and the "
                   "User-Agent");
    app.add_option("--hostname", settings.host_name, "option 12; devices send none by default");
    app.add_option("--user-agent", given.user_agent, "User-Agent of HTTP requests, as it stands");
    app.add_option("--firmware-version", given.firmware_version,
                   "version that the usual User-Agent reports, 1.0.11.35 if it is not given");
    app.add_option("--password-file", given.password_file,
                   "file with the password of encrypted XML files (P1359) in its first line");
    app.add_option("--state", given.state,
                   "file that keeps what the phone has taken from one boot to the next; without it "
                   "every boot is the first");
    app.add_option("--digest", given.digest, "how the key is made from the password")
        ->check(CLI::IsMember({"md5", "sha256"}));
    app.add_option("--ca-file", given.ca_file,
                   "https: check the server against these; without it no certificate is checked, "
                   "as the phones do")
        ->check(CLI::ExistingFile);
    app.add_option("--ask", settings.asked, "also ask for this name, and say what was answered")
        ->allow_extra_args(false);
    app.add_option("--firmware", settings.firmware, "also fetch this firmware file")
        ->allow_extra_args(false);
    app.add_flag("--keep", settings.keep,
                 "do not give the lease back, and leave its address on the interface");
    app.add_flag("--beside-server", settings.beside_server,
                 "the server runs on this very machine and interface; wants --mac")
        ->needs(app.get_option("--mac"))
        ->excludes(app.get_option("--keep"));
    app.add_option("--survey", given.survey_s,
                   "only lists who answers a DISCOVER within so many seconds; takes no lease")
        ->check(CLI::Range(1, timeout_max_s));
    app.add_option("--timeout", given.timeout_s, "seconds for a lease, and for each file")
        ->check(CLI::Range(1, timeout_max_s));
    app.add_flag("--json", settings.json,
                 "one JSON object on standard output, with all values; the story goes to standard "
                 "error");
    app.add_flag("--show-values", settings.show_values, "print the values of the parameters");
}

std::string upper(std::string text) {
    for (char& character : text)
        if (character >= 'a' && character <= 'z')
            character = static_cast<char>(character - 'a' + 'A');
    return text;
}

Result<FilePassword> read_password(const Words& given) {
    FilePassword password;
    password.digest = given.digest == "md5" ? KeyDigest::md5 : KeyDigest::sha256;
    if (given.password_file.empty())
        return password;
    const auto bytes = read_file(given.password_file, password_file_size_max);
    if (!bytes)
        return tl::unexpected(bytes.error());
    const std::string_view text = as_text(*bytes);
    std::string_view line = text.substr(0, text.find('\n'));
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    Secret secret{std::string(line)};
    if (auto good = check_xml_password(secret); !good)
        return fail_in(given.password_file, good.error());
    password.password = std::move(secret);
    return password;
}

// Every name must be one that can stand in a request.
Done check_names(const std::vector<std::string>& names, const std::string& option) {
    for (const std::string& name : names) {
        const bool control = std::any_of(name.begin(), name.end(), [](char character) {
            return static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
        });
        if (name.empty() || control)
            return fail(option + ": want a file's name, got '" + printable(name) + "'");
    }
    return {};
}

Result<Settings> understand(Settings settings, const Words& given) {
    if (!given.mac.empty()) {
        const auto mac = Mac::parse(given.mac);
        if (!mac)
            return fail_in("--mac", mac.error());
        if (!mac->is_device())
            return fail("--mac: " + mac->text() + " is no single device's address");
        settings.mac = *mac;
    }
    const std::string model = given.model.empty() ? std::string(default_model) : given.model;
    settings.identifies_itself = given.vendor_class.empty() || !given.model.empty();
    settings.vendor_class =
        given.vendor_class.empty() ? "Grandstream " + model + " dslforum.org" : given.vendor_class;
    if (settings.vendor_class.size() > option_text_max ||
        settings.host_name.size() > option_text_max)
        return fail("--model, --vendor-class, --hostname: want at most 255 bytes");
    settings.model = settings.identifies_itself ? model : upper(model_of(settings.vendor_class));
    if (!given.user_agent.empty())
        settings.user_agent = given.user_agent;
    if (!given.firmware_version.empty()) {
        if (auto good = check_names({given.firmware_version}, "--firmware-version"); !good)
            return tl::unexpected(good.error());
        settings.firmware_version = given.firmware_version;
    }
    if (!given.state.empty())
        settings.state_file = given.state;
    if (!given.ca_file.empty())
        settings.ca_file = given.ca_file;
    settings.timeout = std::chrono::seconds(given.timeout_s);
    settings.survey = std::chrono::seconds(given.survey_s);
    for (const auto& [names, option] :
         {std::pair(&settings.asked, "--ask"), std::pair(&settings.firmware, "--firmware")})
        if (auto good = check_names(*names, option); !good)
            return tl::unexpected(good.error());
    auto password = read_password(given);
    if (!password)
        return tl::unexpected(password.error());
    settings.password = std::move(*password);
    return settings;
}

} // namespace

std::variant<Settings, ExitNow> read_settings(int argc, const char* const* argv) {
    CLI::App app("A simulated phone: leases an address, follows the options, fetches its "
                 "configuration, decrypts and checks it.\nExit status: 0 configured, 3 only the "
                 "generic file, 1 failed, 2 usage.",
                 "plugtone-phone");
    Settings settings;
    Words given;
    describe(app, settings, given);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return ExitNow{app.exit(error) == 0 ? 0 : usage_status};
    }
    auto understood = understand(std::move(settings), given);
    if (!understood) {
        std::fprintf(stderr, "plugtone-phone: %s\n", understood.error().message.c_str());
        return ExitNow{usage_status};
    }
    return std::move(*understood);
}

} // namespace plugtone
