// A device class: how a family of phones is recognised, what DHCP offers it, how its files are
// named and made, and who may read them (design, section 3). A plain value, read from XML by
// class_file.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/mac_range.hpp"
#include "core/classes/identity.hpp"
#include "core/classes/parameter.hpp"
#include "core/classes/schedule.hpp"

namespace plugtone {

enum class TextMatch { exact, prefix, glob };

struct TextPattern {
    TextMatch how = TextMatch::exact;
    std::string text;

    bool matches(std::string_view candidate) const;
    bool operator==(const TextPattern&) const = default;
    // Characters that must stand there, i.e. not * and ?.
    std::size_t literal_size() const;
    // What every text that matches begins with.
    std::string_view leading() const;
};

// One <match>: all conditions that are set must hold. A class has several; one of them suffices.
struct MatchRule {
    std::optional<TextPattern> vendor_class; // option 60
    std::optional<TextPattern> user_class;   // option 77
    std::optional<TextPattern> user_agent;
    std::optional<TextPattern> host_name; // option 12
    std::string kea_class;                // a client class of Kea's configuration; empty: any
    std::vector<std::uint32_t> ouis;      // any of them
    std::optional<MacRange> mac_range;

    bool matches(const Identity& identity) const;
    // The first condition that does not hold, e.g. "option 60 is 'X', want 'Y*'"; empty: all do.
    std::string mismatch(const Identity& identity) const;
    // All conditions, e.g. "oui 000b82, option 60 'Grandstream GXP*'".
    std::string text() const;
    bool operator==(const MatchRule&) const = default;
};

enum class OptionForm {
    text,      // the template's text
    addresses, // IPv4 addresses, 4 bytes each
    u8,        // a number in 1, 2 or 4 bytes, the most significant first
    u16,
    u32,
    hex, // the bytes as they stand
    sub, // options 43 and 125: sub-options, code, length, value
};

struct SubOption {
    std::uint8_t code = 0;
    OptionForm form = OptionForm::text; // not sub
    std::string value;
};

struct OfferedOption {
    std::uint8_t code = 0;
    OptionForm form = OptionForm::text;
    std::string value; // empty for sub
    std::vector<SubOption> sub_options;
    std::uint32_t enterprise = 0;   // of option 125 (RFC 3925): whose sub-options they are
    bool only_if_requested = false; // option 55 must name it
    bool override_kea = false;      // replaces what Kea's own configuration set
};

enum class FileForm {
    xml,    // sealed under the device's password, unless it is for everybody
    binary, // the guide's cfg<mac>, in clear
    legacy, // what the class's legacy-encoder makes of it
    text,   // the vendor's template; for everybody only
};
std::string_view file_form_name(FileForm form);

// A configuration file that devices ask for: its basic name, with {mac} for each device's own,
// {model} for one of each model of the class, or neither.
struct FileRule {
    std::string name;
    FileForm form = FileForm::xml;

    bool is_own() const { return name.find("{mac}") != std::string::npos; }
    bool operator==(const FileRule&) const = default;
};
std::vector<FileRule> usual_config_files();

struct NameRules {
    std::string config_prefix; // P234, unless the device is told another one; likewise:
    std::string config_postfix;
    std::string firmware_prefix;
    std::string firmware_postfix;
    std::vector<std::string> firmware; // basic names
    std::vector<std::string> models;   // lower case, as in cfggxp2130.xml
    std::vector<FileRule> files = usual_config_files();
};

enum class KeyDigest { md5, sha256 };

// The versions of the XML form: P-values, and alias names for newer firmware (facts, section 7).
enum class XmlVersion { parameters = 1, aliases = 2 };

struct FormatRules {
    bool encrypted = true;
    bool salted = true;
    bool mac_element = true;
    KeyDigest digest = KeyDigest::md5; // what the devices read; facts, section 2
    XmlVersion xml_version = XmlVersion::parameters;
    std::string gnkey = "0b82"; // ends a binary file; facts, section 1.1
    // A program and its arguments, {mac} among them: reads a text template and writes the vendor's
    // encrypted binary file (docs/classes.md). Empty: there is none.
    std::vector<std::string> legacy_encoder;
};

enum class AccessRule { open, lease, certificate };
std::string_view access_rule_name(AccessRule rule);
std::optional<AccessRule> access_rule_named(std::string_view name);

// What a device must prove to know over HTTP before it gets its own file: its P1360 and P1361.
enum class HttpAuth { none, basic, digest };
std::string_view http_auth_name(HttpAuth kind);
std::optional<HttpAuth> http_auth_named(std::string_view name);

// How the client certificates of a class's devices are known (the manual's method 2): who signed
// them, and where they name the MAC.
struct ClientCertificates {
    enum class Field { common_name, subject_alt_name, serial };

    std::string anchors; // files of the file server's folder, by their basic names
    std::string revoked; // empty: there is no revocation list
    Field in = Field::common_name;
    std::string pattern = "{mac}"; // with {mac} once and '*' for any run of characters
    bool operator==(const ClientCertificates&) const = default;
};

// How a device is told to look at once whether its file has changed: a SIP NOTIFY.
struct ResyncRule {
    std::uint16_t port = 5060; // UDP, of the device
    std::string event = "check-sync";

    bool operator==(const ResyncRule&) const = default;
};

// How a new device learns its XML password (the guide, "Secure Provisioning"; docs/enrolment.md).
enum class BootstrapRule {
    none,        // it is told by hand
    binary,      // by cfg<mac>, which is there while the device's window is open
    certificate, // by cfg<mac>, which is always there, for who shows the device's certificate
};
std::string_view bootstrap_rule_name(BootstrapRule rule);
std::optional<BootstrapRule> bootstrap_rule_named(std::string_view name);

struct Bootstrap {
    BootstrapRule rule = BootstrapRule::none;
    long long window_s = 86'400; // open for longer, it is a finding
    bool operator==(const Bootstrap&) const = default;
};

struct DeviceClass {
    std::string name;   // [a-z0-9-]+
    std::string title;  // for people
    std::string vendor; // the vendor layer's name
    std::string family; // of the parameter dictionary; empty: none in particular
    std::string origin; // FILE:LINE, for messages
    std::vector<MatchRule> matches;
    std::string url; // template
    // Fixed fields of the answer (RFC 2131 section 2), templates; empty: Kea's stay.
    std::string next_server; // siaddr: an address, or {server}
    std::string server_name; // sname
    std::string boot_file;   // file
    std::vector<OfferedOption> options;
    NameRules names;
    FormatRules formats;
    AccessRule access = AccessRule::lease;
    HttpAuth http_auth = HttpAuth::none;
    bool legacy_tls = false; // its devices may use the listener for old TLS
    std::optional<ClientCertificates> client_certificates;
    Bootstrap bootstrap;
    std::optional<Schedule> schedule; // nothing: what their settings say
    ResyncRule resync;
    ParameterSet vendor_defaults;
    ParameterSet defaults;
};

} // namespace plugtone
