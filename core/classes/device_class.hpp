// A device class: how a family of phones is recognised, what DHCP offers it, how its files are
// named and made, and who may read them (design, section 3). A plain value, read from XML by
// class_file.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/classes/identity.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

enum class TextMatch { exact, prefix, glob };

struct TextPattern {
    TextMatch how = TextMatch::exact;
    std::string text;

    bool matches(std::string_view candidate) const;
    // Characters that must stand there, i.e. not * and ?.
    std::size_t literal_size() const;
};

struct MacRange {
    Mac first;
    Mac last;
    bool holds(const Mac& mac) const { return first <= mac && mac <= last; }
    std::uint64_t size() const { return last.number() - first.number() + 1; }
};

// One <match>: all conditions that are set must hold. A class has several; one of them suffices.
struct MatchRule {
    std::optional<TextPattern> vendor_class; // option 60
    std::optional<TextPattern> user_class;   // option 77
    std::optional<TextPattern> user_agent;
    std::vector<std::uint32_t> ouis; // any of them
    std::optional<MacRange> mac_range;

    bool matches(const Identity& identity) const;
};

enum class OptionForm {
    text,      // the template's text
    addresses, // IPv4 addresses, 4 bytes each
    hex,       // the bytes as they stand
    sub,       // option 43: sub-options, code, length, value
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
    bool only_if_requested = false; // option 55 must name it
    bool override_kea = false;      // replaces what Kea's own configuration set
};

struct NameRules {
    std::string config_prefix;
    std::string config_postfix;
    std::string firmware_prefix;
    std::string firmware_postfix;
    std::vector<std::string> firmware; // basic names
};

enum class KeyDigest { md5, sha256 };

struct FormatRules {
    bool xml = true;
    bool encrypted = true;
    bool salted = true;
    bool mac_element = true;
    KeyDigest digest = KeyDigest::md5; // what the devices read; facts, section 2
};

enum class AccessRule { open, lease, certificate };
std::string_view access_rule_name(AccessRule rule);
std::optional<AccessRule> access_rule_named(std::string_view name);

struct DeviceClass {
    std::string name;   // [a-z0-9-]+
    std::string title;  // for people
    std::string vendor; // the vendor layer's name
    std::string origin; // FILE:LINE, for messages
    std::vector<MatchRule> matches;
    std::string url; // template
    std::vector<OfferedOption> options;
    NameRules names;
    FormatRules formats;
    AccessRule access = AccessRule::lease;
    ParameterSet vendor_defaults;
    ParameterSet defaults;
};

} // namespace plugtone
